/// A value that the way back makes anew.
struct Recomputed {
    /// The value on the way back.
    let buffer: BufferID
    /// The last step whose way back reads it; nil if none does.
    var lastStep: Int?
}

extension PlanCompiler {
    /// The buffer of a node's value on the way back of a step.
    mutating func kept(_ node: Int, for step: Int) -> BufferID {
        guard var known = recomputed[node] else { return value(node) }
        known.lastStep = max(known.lastStep ?? step, step)
        recomputed[node] = known
        return known.buffer
    }

    /// Finds what costs one pass over memory to make anew: results of batch norms, whose input the
    /// way back needs anyway, and of operations that only move values.
    mutating func findRecomputed() {
        let readers = readersWithoutChoice()
        for step in steps where !readers[step.node] && isCheap(step) {
            recomputed[step.node] = Recomputed(
                buffer: buffer(floats: clips * graph.nodes[step.node].shape.count))
        }
    }

    private func isCheap(_ step: FusedStep) -> Bool {
        switch step.kind {
        case .normalization(let node, _, let ending):
            // What 2x2 averages leave is a fourth of what they read.
            return usesBatch(node) && gradients[step.node] != nil && ending != .reluPool2
        case .single:
            switch graph.nodes[step.node].operation {
            case .gatherFrames, .repeatFrames, .concatenate, .subsample: return true
            default: return false
            }
        default: return false
        }
    }

    /// Whether something reads a node's value on the way back from where the way forward left it.
    private func readersWithoutChoice() -> [Bool] {
        var read = [Bool](repeating: false, count: graph.nodes.count)
        for head in graph.heads { read[head.logits.index] = true }
        for step in steps {
            switch step.kind {
            case .normalization: read[step.inputs[0]] = true
            case .foldedConvolution: break
            case .convLSTM: for input in step.inputs { read[input] = true }
            case .single:
                switch graph.nodes[step.node].operation {
                case .convolution, .relu, .add, .maxPool, .averagePool2, .adaptiveAveragePool,
                    .gatherFrames, .repeatFrames, .concatenate, .flatten, .subsample,
                    .windowAverage, .dropout, .positions:
                    break
                default: for input in step.inputs { read[input] = true }
                }
            }
        }
        return read
    }

    /// Puts the making of each value behind the last step that reads it on the way back, what it is
    /// made of behind itself.
    mutating func addRecomputations(to planned: inout [[any PlannedOperation]]) {
        let sources = planned
        // From the last node on: only then are all readers of a value known.
        for index in steps.indices.reversed() {
            let step = steps[index]
            guard let known = recomputed[step.node], let last = known.lastStep else { continue }
            for (number, operation) in sources[index].enumerated() {
                planned[last].append(
                    recomputation(of: operation, number, step, for: last, into: known.buffer))
            }
        }
    }

    private mutating func recomputation(
        of operation: any PlannedOperation, _ number: Int, _ step: FusedStep, for last: Int,
        into buffer: BufferID
    ) -> PlannedRecomputation {
        if var normalization = operation as? PlannedNormalization {
            normalization.residual = normalization.residual.map { _ in
                kept(step.inputs[1], for: last)
            }
            normalization.y = buffer
            return PlannedRecomputation(source: .normalization(normalization))
        }
        guard var rearrangement = operation as? PlannedRearrangement else {
            preconditionFailure("\(operation.name) cannot be carried out anew")
        }
        rearrangement.x = kept(step.inputs[number], for: last)
        rearrangement.y = buffer
        return PlannedRecomputation(source: .rearrangement(rearrangement))
    }
}
