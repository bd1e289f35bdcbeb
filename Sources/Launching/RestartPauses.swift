/// How long to wait before something that ended too soon is started again: each time twice as long.
public struct RestartPauses: Sendable {
    /// What lives for less has not come to work.
    public static let youth = Duration.seconds(30)
    public static let first = Duration.seconds(1)
    public static let longest = Duration.seconds(60)

    private var failures = 0

    public init() {}

    /// - Parameter lifetime: Of what has just ended.
    public mutating func next(after lifetime: Duration) -> Duration {
        failures = lifetime < Self.youth ? failures + 1 : 1
        return min(Self.longest, Self.first * (1 << min(10, failures - 1)))
    }
}
