/// What a simulation went through.
public struct SimulationStatistics: Sendable {
    public var time = Duration.zero
    public var faults = 0
    public var kills = 0
    public var crashes = 0
    public var losses = 0
    public var commits = 0
    public var generations = 0
    public var aborts = 0
    public var rewinds = 0
    public var slots = 0
    public var messages = 0
    public var lostMessages = 0
    public var failedWrites = 0

    public init() {}

    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.time += right.time
        sum.faults += right.faults
        sum.kills += right.kills
        sum.crashes += right.crashes
        sum.losses += right.losses
        sum.commits += right.commits
        sum.generations += right.generations
        sum.aborts += right.aborts
        sum.rewinds += right.rewinds
        sum.slots += right.slots
        sum.messages += right.messages
        sum.lostMessages += right.lostMessages
        sum.failedWrites += right.failedWrites
        return sum
    }
}
