/// Makes a value anew on the way back, just before it is needed there: one pass over memory is
/// cheaper than memory held from the way forward on.
///
/// The operation stands in a plan behind all those whose way back reads the value.
struct PlannedRecomputation: PlannedOperation {
    /// What the value was made by, its operands and its result replaced by those of the way back.
    enum Source: Sendable {
        case normalization(PlannedNormalization)
        case rearrangement(PlannedRearrangement)
    }

    let source: Source

    private var operation: any PlannedOperation {
        switch source {
        case .normalization(let normalization): normalization
        case .rearrangement(let rearrangement): rearrangement
        }
    }

    var name: String { operation.name }
    var forwardBuffers: [BufferID] { [] }
    var backwardBuffers: [BufferID] {
        switch source {
        case .normalization(let normalization): normalization.appliedBuffers
        case .rearrangement(let rearrangement): rearrangement.forwardBuffers
        }
    }
    var scratchBytes: Int { operation.scratchBytes }

    var cost: OperationCost {
        let cost = operation.cost
        let work =
            switch source {
            case .normalization(let normalization): normalization.applicationWork
            case .rearrangement: cost.forward
            }
        return OperationCost(
            name: name, kind: cost.kind, title: cost.title + " again", forward: .none,
            backward: work)
    }

    func forward(_ pass: Pass) {}

    func backward(_ pass: Pass) {
        switch source {
        case .normalization(let normalization): normalization.apply(pass)
        case .rearrangement(let rearrangement): rearrangement.forward(pass)
        }
    }
}
