/// A number and its unit, as in `64 MiB`, `64MiB` or `64`.
private func split(_ text: String) -> (number: String, unit: String) {
    let number = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(number.count).drop { $0 == " " }
    return (String(number), String(unit))
}

/// Writes and reads byte counts such as `64 MiB`.
enum ByteCount {
    private static let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

    static func parse(_ text: String) -> Int? {
        let (digits, unit) = split(text)
        guard let number = Int(digits) else { return nil }
        if unit.isEmpty { return number }
        guard let factor = units.first(where: { $0.0 == unit })?.1 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    /// In the largest unit that divides it.
    static func text(_ bytes: Int) -> String {
        for (unit, factor) in units where bytes != 0 && bytes.isMultiple(of: factor) {
            return "\(bytes / factor) \(unit)"
        }
        return "\(bytes)"
    }
}

/// Writes and reads durations such as `2 s`, to the millisecond.
enum TimeSpan {
    static func parse(_ text: String) -> Duration? {
        let (digits, unit) = split(text)
        // Ten digits of minutes are more than any time-out needs, and far from overflow.
        guard digits.count <= 10, let number = Int64(digits) else { return nil }
        switch unit {
        case "ms": return .milliseconds(number)
        case "s": return .seconds(number)
        case "min": return .seconds(number * 60)
        default: return nil
        }
    }

    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        if attoseconds == 0 { return "\(seconds) s" }
        return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000) ms"
    }
}

extension TrainingConfiguration.Cadence {
    init?(parsing text: String) {
        let (digits, unit) = split(text)
        guard let number = Int(digits) else { return nil }
        switch unit {
        case "step", "steps": self = .steps(number)
        case "epoch", "epochs": self = .epochs(number)
        default: return nil
        }
    }

    /// How many of its unit.
    var count: Int {
        switch self {
        case .steps(let count), .epochs(let count): count
        }
    }

    var text: String {
        switch self {
        case .steps(let count): count == 1 ? "1 step" : "\(count) steps"
        case .epochs(let count): count == 1 ? "1 epoch" : "\(count) epochs"
        }
    }
}
