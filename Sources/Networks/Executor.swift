public import Tensors

/// Carries out a plan: one forward pass, and in training one backward pass, over a slot's clips.
///
/// All memory is taken when the executor is made; a pass allocates nothing. Bits of a result depend
/// on the plan and the numbers alone, not on the pool's threads.
///
/// Not Sendable: one thread uses an executor at a time, the one that also runs its pool.
public final class Executor {
    public let plan: Plan
    /// Labels of the clips, in 0..<classes.
    public let labels: UnsafeMutableBufferPointer<Int64>
    /// Labels of what is mixed into the clips, and the part of each clip that is its own: 1 (as at
    /// first) where nothing is mixed in. Training alone looks at them.
    public let mixedLabels: UnsafeMutableBufferPointer<Int64>
    public let mixture: UnsafeMutableBufferPointer<Float>
    /// Keys of the random draws that training makes for the clips. Equal keys make equal draws,
    /// wherever in a batch a clip lies; whoever trains a network that draws sets them.
    public let keys: UnsafeMutableBufferPointer<UInt64>
    private let pool: ThreadPool
    private let arena: FloatBuffer
    private let scratch: FloatBuffer
    private let scratchStride: Int
    private let zeros: FloatBuffer
    private let noGradient = FloatBuffer(count: 0)

    /// - Parameter arena: memory to use instead of memory of its own, at least `plan.arenaBytes`;
    ///   executors that never run at the same time can share it.
    public init(plan: Plan, pool: ThreadPool, arena: FloatBuffer? = nil) {
        self.plan = plan
        self.pool = pool
        let floats = plan.layout.floats
        precondition((arena?.count ?? floats) >= floats, "the arena is too small for the plan")
        self.arena = arena ?? FloatBuffer(count: floats)
        scratchStride = plan.scratchBytes.roundedUp(to: FloatBuffer.alignment)
        scratch = FloatBuffer(count: pool.threads * scratchStride / MemoryLayout<Float>.stride)
        zeros = FloatBuffer(count: plan.zeros)
        labels = .allocate(capacity: plan.clips)
        labels.initialize(repeating: 0)
        mixedLabels = .allocate(capacity: plan.clips)
        mixedLabels.initialize(repeating: 0)
        mixture = .allocate(capacity: plan.clips)
        mixture.initialize(repeating: 1)
        keys = .allocate(capacity: plan.clips)
        keys.initialize(repeating: 0)
    }

    public convenience init(
        _ network: Network, clips: Int, mode: Plan.Mode, pool: ThreadPool
    ) {
        self.init(plan: Plan(network, clips: clips, mode: mode), pool: pool)
    }

    deinit {
        labels.deallocate()
        mixedLabels.deallocate()
        mixture.deallocate()
        keys.deallocate()
    }

    /// The normalised clips, (clips, frames, height, width, 3). Whoever runs a pass fills them
    /// before each: a pass may reuse their memory.
    public var clips: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(
            start: arena.base + plan.layout.offsets[plan.input.index], count: plan.inputCount)
    }

    /// What a pass yields beside gradients.
    public struct PassResult: Sendable, Hashable {
        /// Sum of the loss over the clips.
        public let lossSum: Double
        /// Clips whose greatest logit, averaged over the models, is the label's.
        public let correct: Int
    }

    /// One forward and backward pass of training.
    ///
    /// - Parameters:
    ///   - gradient: overwritten with the gradient's sum over the clips, as the trained tensors
    ///     lie; gaps between tensors are left as they are.
    ///   - statistics: overwritten with batch norm's mean and unbiased variance of these clips,
    ///     times their count, as the running statistics lie that are not frozen.
    public func train(
        parameters: ParameterStorage, gradient: FloatBuffer, statistics: FloatBuffer
    ) -> PassResult {
        train(parameters, gradient, statistics, Unobserved())
    }

    /// The same pass, computing the same bits, which notes when each operation ran.
    ///
    /// - Parameter timeline: overwritten; made for this plan.
    public func train(
        parameters: ParameterStorage, gradient: FloatBuffer, statistics: FloatBuffer,
        timeline: PassTimeline
    ) -> PassResult {
        precondition(
            timeline.operations == plan.operations.count, "the timeline is for another plan")
        return train(parameters, gradient, statistics, timeline)
    }

    /// The same pass, computing the same bits, which says how far it is on the way back.
    public func train(
        parameters: ParameterStorage, gradient: FloatBuffer, statistics: FloatBuffer,
        progress: GradientProgress
    ) -> PassResult {
        train(parameters, gradient, statistics, progress)
    }

    private func train(
        _ parameters: ParameterStorage, _ gradient: FloatBuffer, _ statistics: FloatBuffer,
        _ observer: some PassObserver
    ) -> PassResult {
        precondition(plan.mode == .training, "the plan is for something else")
        precondition(gradient.count >= plan.gradientExtent, "the gradient is too short")
        precondition(
            statistics.count >= plan.batchStatisticsExtent, "the statistics are too short")
        return run(parameters, gradient, statistics, observer)
    }

    /// One forward pass of training, for batch norm's statistics alone.
    ///
    /// - Parameter statistics: as of `train`.
    public func measure(parameters: ParameterStorage, statistics: FloatBuffer) {
        precondition(plan.mode == .statistics, "the plan is for something else")
        precondition(
            statistics.count >= plan.batchStatisticsExtent, "the statistics are too short")
        _ = run(parameters, noGradient, statistics, Unobserved())
    }

    /// One forward pass with running statistics. The result counts `labels`; where they were never
    /// set, it means nothing.
    public func evaluate(parameters: ParameterStorage) -> PassResult {
        precondition(plan.mode == .evaluation, "the plan is for something else")
        return run(parameters, noGradient, noGradient, Unobserved())
    }

    /// Clip logits of the last pass, (models, clips, classes): the mean over frames.
    public var clipLogits: UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(
            start: arena.base + plan.layout.offsets[plan.clipLogits.index],
            count: plan.models * plan.clips * plan.classes)
    }

    private func run(
        _ parameters: ParameterStorage, _ gradient: FloatBuffer, _ statistics: FloatBuffer,
        _ observer: some PassObserver
    ) -> PassResult {
        plan.layout.offsets.withUnsafeBufferPointer { offsets in
            guard let offsets = offsets.baseAddress, let labels = labels.baseAddress,
                let mixedLabels = mixedLabels.baseAddress, let mixture = mixture.baseAddress,
                let keys = keys.baseAddress
            else {
                preconditionFailure("a plan has buffers and clips")
            }
            let pass = Pass(
                arena: arena.base, offsets: offsets, scratch: UnsafeMutableRawPointer(scratch.base),
                scratchStride: scratchStride, zeros: zeros.base, labels: labels,
                mixedLabels: mixedLabels, mixture: mixture,
                keys: keys,
                parameters: parameters.values.base, running: parameters.statistics.base,
                gradient: gradient.base, statistics: statistics.base, pool: pool,
                middle: observer.middle)
            observer.began()
            for operation in plan.operations {
                operation.forward(pass)
                observer.operationEnded()
            }
            if plan.mode == .training {
                for operation in plan.operations.reversed() {
                    operation.backward(pass)
                    observer.operationEnded()
                }
            }
            let result = pass.doubles(plan.result)
            return PassResult(lossSum: result[0], correct: Int(result[1]))
        }
    }
}
