import Networks

/// What all uses of one kernel in a step took together, and what limits it.
public struct KernelProfile: Sendable, Hashable, Codable {
    public let name: String
    public let uses: Int
    public let milliseconds: Double
    /// Part of the step; of a kernel beside it, what that adds to it.
    public let share: Double
    /// 10^9 operations a second; a multiply-add is two.
    public let gigaflops: Double
    /// 10^9 bytes a second.
    public let gigabytes: Double
    /// Which of both takes longer at the machine's limit.
    public let limit: OperationProfile.Limit
    /// What the uses take at their limits.
    public let leastMilliseconds: Double
    /// How near the kernel comes to its limit: above 1 where caches spare the memory, or it takes
    /// fewer products than a convolution's definition.
    public let efficiency: Double
    public let lostMilliseconds: Double
    public let isBeside: Bool

    init(_ uses: [KernelUse], limits: MachineLimits, stepMilliseconds: Double) {
        name = uses.first?.kernel ?? ""
        isBeside = uses.contains(where: \.isBeside)
        self.uses = uses.count
        milliseconds = 1000 * uses.reduce(0) { $0 + $1.seconds }
        share = stepMilliseconds > 0 ? milliseconds / stepMilliseconds : 0
        let multiplyAdds = uses.reduce(0) { $0 + $1.work.multiplyAdds }
        let bytes = uses.reduce(0) { $0 + $1.work.bytes }
        gigaflops = OperationProfile.Direction.rate(2 * Double(multiplyAdds), milliseconds)
        gigabytes = OperationProfile.Direction.rate(Double(bytes), milliseconds)
        limit =
            limits.seconds(multiplyAdds: multiplyAdds) > limits.seconds(bytes: bytes)
            ? .arithmetic : .memory
        leastMilliseconds =
            1000
            * uses.reduce(0) {
                $0
                    + max(
                        limits.seconds(multiplyAdds: $1.work.multiplyAdds),
                        limits.seconds(bytes: $1.work.bytes))
            }
        efficiency = milliseconds > 0 ? leastMilliseconds / milliseconds : 0
        lostMilliseconds = max(0, milliseconds - leastMilliseconds)
    }

    /// One profile a kernel, the dearest first.
    static func together(
        _ uses: [KernelUse], limits: MachineLimits, stepMilliseconds: Double
    ) -> [KernelProfile] {
        var names: [String] = []
        for use in uses where !names.contains(use.kernel) { names.append(use.kernel) }
        return names.map { name in
            KernelProfile(
                uses.filter { $0.kernel == name }, limits: limits,
                stepMilliseconds: stepMilliseconds)
        }.sorted { ($1.milliseconds, $0.name) < ($0.milliseconds, $1.name) }
    }
}
