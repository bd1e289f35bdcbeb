/// How far the backward pass of a training step is, told while it runs.
///
/// Its stages count finished operations of the way back: from stage 0 on, the way forward is done, and with it batch
/// norm's statistics.
public final class GradientProgress: PassObserver {
    private let operations: Int
    private let advanced: (Int) -> Void
    private var ended = 0

    /// - Parameter advanced: Called with each stage, on the thread that runs the pass.
    public init(plan: Plan, advanced: @escaping (Int) -> Void) {
        operations = plan.operations.count
        self.advanced = advanced
    }

    func began() { ended = 0 }

    func operationEnded() {
        ended += 1
        if ended >= operations { advanced(ended - operations) }
    }
}

extension Plan {
    /// A tensor's gradient, and the stage of the way back from which it is final.
    public struct FinishedGradient: Sendable, Hashable {
        /// Where it lies in the gradient's vector.
        public let floats: Range<Int>
        public let stage: Int
    }

    /// Of all trained tensors, in the order of the vector. A tensor that several operations use is final once the last
    /// of them on the way back is done.
    static func finishedGradients(
        _ tree: ParameterTree, users: [String: Int], operations: Int
    ) -> [FinishedGradient] {
        tree.trained.map { parameter in
            // The first operation of the way forward is the last of the way back.
            let stage = users[parameter.name].map { operations - $0 } ?? operations
            return FinishedGradient(
                floats: parameter.offset..<parameter.offset + parameter.count, stage: stage)
        }
    }
}
