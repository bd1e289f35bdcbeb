/// A network compiled for one count of clips: operations in order, and where their memory lies.
///
/// Everything in it is a function of the graph, the count of clips and the mode, never of the
/// machine.
public struct Plan: Sendable {
    public enum Mode: Sendable, Hashable {
        /// Batch statistics, loss and gradients.
        case training
        /// Batch statistics alone: as training, without loss or way back.
        case statistics
        /// Running statistics, logits only.
        case evaluation
    }

    public let clips: Int
    public let mode: Mode
    /// Bytes of activations, gradients and what operations keep.
    public var arenaBytes: Int { layout.floats * MemoryLayout<Float>.stride }
    /// Bytes of scratch memory that each thread takes.
    public let scratchBytes: Int

    /// What its operations are and have to do, in their order.
    public var costs: [OperationCost] { operations.map(\.cost) }

    let operations: [any PlannedOperation]
    let layout: ArenaLayout
    let input: BufferID
    let clipLogits: BufferID
    let result: BufferID
    /// Zeros that stand for pixels outside of a map.
    let zeros: Int
    let inputCount: Int
    /// Floats of the gradient and of the batch's statistics.
    let gradientExtent: Int
    let batchStatisticsExtent: Int
    public let classes: Int
    public let models: Int
    /// When which gradient is final, in the order of the vector.
    public let finishedGradients: [FinishedGradient]

    /// - Parameter labelSmoothing: part of a label's probability that goes to all classes alike, in
    ///   training.
    /// - Precondition: `clips` is positive.
    public init(_ network: Network, clips: Int, mode: Mode, labelSmoothing: Double = 0) {
        precondition(clips > 0, "a plan needs a clip")
        var compiler = PlanCompiler(
            network, clips: clips, mode: mode, labelSmoothing: labelSmoothing)
        operations = compiler.operations()
        finishedGradients = Self.finishedGradients(
            network.parameters, users: compiler.firstUsers, operations: operations.count)
        self.clips = clips
        self.mode = mode
        input = compiler.input
        clipLogits = compiler.clipLogits
        result = compiler.result
        layout = ArenaLayout(
            Self.lives(
                of: operations, sizes: compiler.sizes, mode: mode,
                pinned: [input, clipLogits, result]))
        scratchBytes = operations.map(\.scratchBytes).max() ?? 0
        zeros = compiler.mostChannels
        inputCount = clips * network.graph.input.count
        gradientExtent = network.parameters.gradientExtent
        batchStatisticsExtent = network.parameters.batchStatisticsExtent
        classes = network.graph.classes
        models = network.graph.heads.count
    }

    private static func lives(
        of operations: [any PlannedOperation], sizes: [Int], mode: Mode, pinned: [BufferID]
    ) -> [ArenaLayout.Request] {
        var requests = sizes.map { ArenaLayout.Request(floats: $0, life: nil) }
        func use(_ buffer: BufferID, at step: Int) {
            let life = requests[buffer.index].life ?? step...step
            requests[buffer.index].life =
                min(life.lowerBound, step)...max(life.upperBound, step)
        }
        let last = 2 * operations.count
        for (step, operation) in operations.enumerated() {
            for buffer in operation.forwardBuffers { use(buffer, at: step) }
            if mode == .training {
                for buffer in operation.backwardBuffers { use(buffer, at: last - 1 - step) }
            }
        }
        // The caller writes the input before the pass, and reads logits and loss after it.
        for buffer in pinned {
            use(buffer, at: 0)
            if buffer != pinned[0] { use(buffer, at: last) }
        }
        return requests
    }
}
