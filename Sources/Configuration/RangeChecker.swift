/// Collects the problems of a configuration's values, section by section.
struct RangeChecker {
    let path: String
    private(set) var problems: [ConfigurationProblem] = []

    init(at path: String) {
        self.path = path
    }

    /// Reports `key` unless `holds`.
    mutating func require(
        _ holds: Bool, _ key: String, is value: some CustomStringConvertible, _ wanted: String,
        _ kind: ConfigurationProblem.Kind = .outOfRange, remedy: String? = nil
    ) {
        guard !holds else { return }
        problems.append(
            ConfigurationProblem(
                kind, key: path.isEmpty ? key : "\(path).\(key)", "is \(value), \(wanted)",
                remedy: remedy))
    }

    mutating func require(_ key: String, _ value: Int, in range: ClosedRange<Int>) {
        let wanted =
            range.upperBound == .max
            ? "must be at least \(range.lowerBound)"
            : "must be from \(range.lowerBound) to \(range.upperBound)"
        require(range.contains(value), key, is: value, wanted)
    }

    /// Requires a finite number of at least 0.
    mutating func requireNotNegative(_ key: String, _ value: Double) {
        require(value.isFinite && value >= 0, key, is: value, "must be 0 or more")
    }

    /// Requires a finite number above 0.
    mutating func requirePositive(_ key: String, _ value: Double) {
        require(value.isFinite && value > 0, key, is: value, "must be above 0")
    }

    /// Requires a number from 0 up to, but not including, 1.
    mutating func requireFraction(_ key: String, _ value: Double) {
        require(value >= 0 && value < 1, key, is: value, "must be from 0 to below 1")
    }

    mutating func add(_ others: [ConfigurationProblem]) {
        problems += others
    }
}

/// Largest sizes a configuration may name. They stand far above every network that a machine could
/// train, and keep products of sizes away from overflow.
enum Limits {
    static let classes = 1_000_000
    static let frames = 4_096
    static let pixels = 8_192
    static let channels = 65_536
    static let blocks = 1_024
    static let models = 64
    static let templates = 1_024
    static let batch = 1_048_576
    static let slots = 4_096
    static let epochs = 1_000_000
}
