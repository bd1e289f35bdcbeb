import ArgumentParser

/// A length of time as an argument: `30s`, `10m`, `2h`, `1d`.
struct WaitTime: ExpressibleByArgument {
    let duration: Duration

    /// Longer than any job waits, and far from overflow.
    private static let longest = 365.0 * 86_400

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }),
            let count = Double(argument.dropLast()), (0...Self.longest).contains(count * unit)
        else { return nil }
        duration = .seconds(count * unit)
    }
}
