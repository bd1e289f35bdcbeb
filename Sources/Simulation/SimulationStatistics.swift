/// What simulations went through.
public struct SimulationStatistics: Sendable {
    /// What is counted.
    public enum Count: Int, Sendable, CaseIterable {
        case faults, kills, crashes, losses, commits, generations, aborts, rewinds, messages
        case lostMessages, failedWrites
    }

    /// Virtual.
    public var time = Duration.zero
    private var counts = Count.allCases.map { _ in 0 }

    public init() {}

    public subscript(count: Count) -> Int {
        get { counts[count.rawValue] }
        set { counts[count.rawValue] = newValue }
    }

    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.time += right.time
        for count in Count.allCases { sum[count] += right[count] }
        return sum
    }
}
