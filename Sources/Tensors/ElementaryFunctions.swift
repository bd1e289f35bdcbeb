/// Exponential and logarithm in double by additions, multiplications and divisions alone, which every
/// machine rounds alike: they decide draws and weights, and a library's may differ between machines.
public enum ElementaryFunctions {
    /// e^x within about two units in the last place: x = n ln 2 + r, then Taylor's series in r.
    public static func exp(_ x: Double) -> Double {
        if x.isNaN { return x }
        if x > 709.7 { return .infinity }
        if x < -745 { return 0 }
        let n = (x * 1.4426950408889634).rounded()
        let r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
        var sum = 1.0
        for k in stride(from: 14, to: 0, by: -1) { sum = 1 + sum * r / Double(k) }
        return Double(sign: .plus, exponent: Int(n), significand: sum)
    }

    /// The natural logarithm of a positive number: 2 artanh((m - 1) / (m + 1)) of its significand m,
    /// taken from sqrt(1/2) to sqrt(2). Zero gives minus infinity, and what is negative no number.
    public static func log(_ x: Double) -> Double {
        guard x > 0 else { return x == 0 ? -.infinity : .nan }
        guard x.isFinite else { return x }
        var (m, exponent) = (x.significand, Double(x.exponent))
        if m > 2.0.squareRoot() { (m, exponent) = (m / 2, exponent + 1) }
        let s = (m - 1) / (m + 1)
        let z = s * s
        var sum = 0.0
        for k in stride(from: 25, to: 1, by: -2) { sum = (sum + 1 / Double(k)) * z }
        return exponent * 0.6931471805599453 + 2 * (s + s * sum)
    }
}
