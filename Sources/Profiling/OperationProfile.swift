import Networks

/// What one operation took, and what limits it.
public struct OperationProfile: Sendable, Hashable, Codable {
    /// One direction of a pass.
    public struct Direction: Sendable, Hashable, Codable {
        public let milliseconds: Double
        public let multiplyAdds: Int
        public let bytes: Int
        /// 10^9 operations a second; a multiply-add is two.
        public let gigaflops: Double
        /// 10^9 bytes a second.
        public let gigabytes: Double

        init(_ work: OperationCost.Work, seconds: Double) {
            milliseconds = 1000 * seconds
            multiplyAdds = work.multiplyAdds
            bytes = work.bytes
            gigaflops = Self.rate(2 * Double(multiplyAdds), milliseconds)
            gigabytes = Self.rate(Double(bytes), milliseconds)
        }

        static func rate(_ amount: Double, _ milliseconds: Double) -> Double {
            milliseconds > 0 ? amount / milliseconds / 1e6 : 0
        }
    }

    public enum Limit: String, Sendable, Hashable, Codable {
        /// Arithmetic, as fast as matrix products.
        case arithmetic
        /// Memory, as fast as a copy.
        case memory
    }

    /// The kind of the update, which is no operation of a plan.
    public static let update = "update"

    /// The layer's name.
    public let name: String
    public let kind: String
    public let title: String
    /// Of the update: all of it.
    public let forward: Direction
    public let backward: Direction
    /// Which of both takes longer at the machine's limit.
    public let limit: Limit
    /// What both directions take at that limit.
    public let leastMilliseconds: Double
    public let milliseconds: Double
    /// Part of the step.
    public let share: Double
    /// How near the operation comes to its limit: above 1 where caches spare the memory.
    public let efficiency: Double
    /// What the operation takes beyond its limit.
    public let lostMilliseconds: Double

    init(
        name: String, kind: String, title: String, forward: Direction, backward: Direction,
        limits: MachineLimits, stepMilliseconds: Double
    ) {
        self.name = name
        self.kind = kind
        self.title = title
        self.forward = forward
        self.backward = backward
        let arithmetic = limits.seconds(
            multiplyAdds: forward.multiplyAdds + backward.multiplyAdds)
        let memory = limits.seconds(bytes: forward.bytes + backward.bytes)
        limit = arithmetic > memory ? .arithmetic : .memory
        leastMilliseconds = 1000 * max(arithmetic, memory)
        milliseconds = forward.milliseconds + backward.milliseconds
        share = stepMilliseconds > 0 ? milliseconds / stepMilliseconds : 0
        efficiency = milliseconds > 0 ? leastMilliseconds / milliseconds : 0
        lostMilliseconds = max(0, milliseconds - leastMilliseconds)
    }
}
