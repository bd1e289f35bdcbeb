/// Keeps what anyone can cause any number of times from filling a log: after a few in a row one at a time, with the
/// number of those that were left out.
struct RepeatedNote {
    /// Told each, where they come after a pause.
    private static let burst = 10
    private static let pause = Duration.seconds(5)

    private var told = 0
    private var leftOut = 0
    private var since: ContinuousClock.Instant?

    /// - Returns: What to tell; nil where it is left out.
    mutating func note(_ text: String, at now: ContinuousClock.Instant = .now) -> String? {
        if let since, now - since < Self.pause {
            guard told < Self.burst else {
                leftOut += 1
                return nil
            }
        } else {
            told = 0
            since = now
        }
        told += 1
        defer { leftOut = 0 }
        return leftOut > 0 ? "\(text) (and \(leftOut) more since)" : text
    }
}
