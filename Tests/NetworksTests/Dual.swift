import Glibc

/// A number and its derivative along one direction: forward-mode differentiation.
struct Dual {
    var value: Double
    var slope = 0.0

    /// The same number, which no derivative passes through.
    var constant: Dual { Dual(value: value) }

    static func + (a: Dual, b: Dual) -> Dual {
        Dual(value: a.value + b.value, slope: a.slope + b.slope)
    }

    static func * (a: Dual, b: Dual) -> Dual {
        Dual(value: a.value * b.value, slope: a.slope * b.value + a.value * b.slope)
    }

    var sigmoid: Dual {
        let y = 1 / (1 + Glibc.exp(-value))
        return Dual(value: y, slope: slope * y * (1 - y))
    }

    var tanh: Dual {
        let y = Glibc.tanh(value)
        return Dual(value: y, slope: slope * (1 - y * y))
    }
}
