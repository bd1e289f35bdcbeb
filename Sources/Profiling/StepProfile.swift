public import Networks

/// Where the time of a training step goes: a slot's pass, then the update.
///
/// Times are medians over the timed steps, each operation's by itself; those of kinds and of the
/// step are their sums, so that everything adds up.
public struct StepProfile: Sendable, Hashable, Codable {
    /// Operations of one kind together.
    public struct Kind: Sendable, Hashable, Codable {
        public let name: String
        public let operations: Int
        public let forwardMilliseconds: Double
        public let backwardMilliseconds: Double
        public let multiplyAdds: Int
        public let bytes: Int
        public let leastMilliseconds: Double
        public let share: Double

        public var milliseconds: Double { forwardMilliseconds + backwardMilliseconds }
    }

    /// What was measured, and on what.
    public struct Setting: Sendable, Hashable, Codable {
        public let name: String
        /// Clips of the slot.
        public let clips: Int
        public let threads: Int
        public let kernels: String
        public let blas: String
        /// Activations, gradients and what layers keep.
        public let arenaBytes: Int

        public init(
            name: String, clips: Int, threads: Int, kernels: String, blas: String, arenaBytes: Int
        ) {
            self.name = name
            self.clips = clips
            self.threads = threads
            self.kernels = kernels
            self.blas = blas
            self.arenaBytes = arenaBytes
        }
    }

    public let setting: Setting
    public let limits: MachineLimits
    /// How many steps were timed.
    public let steps: Int
    /// Operations in the order of the plan, then the update.
    public let operations: [OperationProfile]
    /// The dearest first.
    public let kinds: [Kind]
    /// Every kernel of the step, and of what a worker does beside it; the dearest first.
    public let kernels: [KernelProfile]
    public let forwardMilliseconds: Double
    public let backwardMilliseconds: Double
    public let updateMilliseconds: Double
    /// The sum of all operations.
    public let milliseconds: Double
    /// The fastest and the slowest of the timed steps as a whole.
    public let fastestMilliseconds: Double
    public let slowestMilliseconds: Double
    public let clipsPerSecond: Double
    public let gigaflops: Double

    /// - Parameters:
    ///   - costs: of the plan's operations, in their order.
    ///   - updateBytes: bytes that the update reads and writes.
    ///   - times: of the timed steps, at least one.
    ///   - beside: kernels that work beside the step.
    public init(
        _ setting: Setting, costs: [OperationCost], updateBytes: Int, times: [StepTimes],
        limits: MachineLimits, beside: [KernelUse] = []
    ) {
        self.setting = setting
        self.limits = limits
        steps = times.count
        let forward = costs.indices.map { index in
            OperationProfile.Direction(
                costs[index].forward, seconds: times.map { $0.forward[index].length }.median)
        }
        let backward = costs.indices.map { index in
            OperationProfile.Direction(
                costs[index].backward, seconds: times.map { $0.backward[index].length }.median)
        }
        let update = OperationProfile.Direction(
            OperationCost.Work(bytes: updateBytes), seconds: times.map(\.update.length).median)
        forwardMilliseconds = forward.reduce(0) { $0 + $1.milliseconds }
        backwardMilliseconds = backward.reduce(0) { $0 + $1.milliseconds }
        updateMilliseconds = update.milliseconds
        let sum = forwardMilliseconds + backwardMilliseconds + updateMilliseconds
        milliseconds = sum
        operations =
            costs.indices.map { index in
                OperationProfile(
                    name: costs[index].name, kind: costs[index].kind.rawValue,
                    title: costs[index].title, forward: forward[index], backward: backward[index],
                    limits: limits, stepMilliseconds: sum)
            } + [
                OperationProfile(
                    name: OperationProfile.update, kind: OperationProfile.update,
                    title: "optimizer", forward: update,
                    backward: OperationProfile.Direction(.none, seconds: 0), limits: limits,
                    stepMilliseconds: sum)
            ]
        kinds = Self.kinds(of: operations)
        let inputGradient = costs.indices.map { index in
            times.map { $0.inputGradient[index].length }.median
        }
        let uses = KernelUse.all(
            costs, forward: forward, backward: backward, inputGradient: inputGradient)
        kernels = KernelProfile.together(
            uses + [
                KernelUse(
                    "optimizer and running statistics", OperationCost.Work(bytes: updateBytes),
                    seconds: update.milliseconds / 1000)
            ] + beside, limits: limits, stepMilliseconds: sum)
        fastestMilliseconds = 1000 * (times.map(\.seconds).min() ?? 0)
        slowestMilliseconds = 1000 * (times.map(\.seconds).max() ?? 0)
        let multiplyAdds = kinds.reduce(0) { $0 + $1.multiplyAdds }
        clipsPerSecond = sum > 0 ? 1000 * Double(setting.clips) / sum : 0
        gigaflops = OperationProfile.Direction.rate(2 * Double(multiplyAdds), sum)
    }

    /// The dearest first; equal ones in the order of the plan.
    public var dearest: [OperationProfile] { ordered { $0.milliseconds } }

    /// Those that lose most time against their limit.
    public func worst(_ count: Int) -> ArraySlice<OperationProfile> {
        ordered { $0.lostMilliseconds }.prefix(count)
    }

    private func ordered(by key: (OperationProfile) -> Double) -> [OperationProfile] {
        operations.indices.sorted {
            (key(operations[$1]), $0) < (key(operations[$0]), $1)
        }.map { operations[$0] }
    }

    private static func kinds(of operations: [OperationProfile]) -> [Kind] {
        var names: [String] = []
        for operation in operations where !names.contains(operation.kind) {
            names.append(operation.kind)
        }
        return names.map { name in
            let own = operations.filter { $0.kind == name }
            return Kind(
                name: name, operations: own.count,
                forwardMilliseconds: own.reduce(0) { $0 + $1.forward.milliseconds },
                backwardMilliseconds: own.reduce(0) { $0 + $1.backward.milliseconds },
                multiplyAdds: own.reduce(0) {
                    $0 + $1.forward.multiplyAdds + $1.backward.multiplyAdds
                },
                bytes: own.reduce(0) { $0 + $1.forward.bytes + $1.backward.bytes },
                leastMilliseconds: own.reduce(0) { $0 + $1.leastMilliseconds },
                share: own.reduce(0) { $0 + $1.share })
        }.sorted { ($1.milliseconds, $0.name) < ($0.milliseconds, $1.name) }
    }
}
