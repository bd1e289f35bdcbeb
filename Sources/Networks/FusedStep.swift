/// Nodes of a graph that one planned operation carries out.
struct FusedStep {
    enum Kind {
        /// A node by itself.
        case single
        /// Batch norm and what follows it, from the batch norm's node on.
        case normalization(node: Int, residual: Int?, ending: PlannedNormalization.Ending)
        /// A convolution with batch norm folded into it, where neither is trained.
        case foldedConvolution(node: Int, normalization: Int, residual: Int?, relu: Bool)
        /// ConvLSTMs over one input.
        case convLSTM([Int])
    }

    let kind: Kind
    /// The node whose value is the step's result.
    let node: Int
    /// Values that the step reads.
    let inputs: [Int]

    /// The nodes with tensors that it carries out.
    var nodes: [Int] {
        switch kind {
        case .single: [node]
        case .normalization(let node, _, _): [node]
        case .foldedConvolution(let node, let normalization, _, _): [node, normalization]
        case .convLSTM(let nodes): nodes
        }
    }
}

/// Groups the nodes of a graph into steps.
struct Fusion {
    private let graph: Graph
    /// Whether a node's value depends on a trained tensor.
    private let trained: [Bool]
    /// Whether a batch norm takes its statistics from the batch.
    private let usesBatch: (Int) -> Bool
    private var users: [Int]
    private var absorbed: [Bool]

    init(_ graph: Graph, trained: [Bool], usesBatch: @escaping (Int) -> Bool) {
        self.graph = graph
        self.trained = trained
        self.usesBatch = usesBatch
        users = [Int](repeating: 0, count: graph.nodes.count)
        absorbed = [Bool](repeating: false, count: graph.nodes.count)
        for node in graph.nodes { for input in node.inputs { users[input.index] += 1 } }
        for head in graph.heads { users[head.logits.index] += 1 }
    }

    /// Steps in an order in which inputs come first.
    mutating func steps() -> [FusedStep] {
        var steps: [FusedStep] = []
        // From the last node back, so that a group is found at its end.
        for index in graph.nodes.indices.reversed() where !absorbed[index] {
            steps.append(step(endingAt: index))
        }
        return steps.reversed()
    }

    private mutating func step(endingAt index: Int) -> FusedStep {
        if case .convLSTM = graph.nodes[index].operation { return convLSTM(endingAt: index) }
        guard let found = normalization(endingAt: index) else {
            return FusedStep(kind: .single, node: index, inputs: inputs(index))
        }
        for node in found.nodes { absorbed[node] = true }
        let producer = inputs(found.node)[0]
        if !trained[index], found.ending != .reluPool2, users[producer] == 1,
            case .convolution = graph.nodes[producer].operation
        {
            absorbed[producer] = true
            return FusedStep(
                kind: .foldedConvolution(
                    node: producer, normalization: found.node, residual: found.residual,
                    relu: found.ending == .relu),
                node: index, inputs: inputs(producer) + [found.residual].compactMap(\.self))
        }
        return FusedStep(
            kind: .normalization(
                node: found.node, residual: found.residual, ending: found.ending),
            node: index, inputs: [producer] + [found.residual].compactMap(\.self))
    }

    private struct Normalization {
        var node: Int
        var residual: Int?
        var ending: PlannedNormalization.Ending
        /// All nodes of the group but the last.
        var nodes: [Int]
    }

    /// Batch norm, maybe a sum, maybe ReLU, maybe 2x2 averages, of which `index` is the last.
    private func normalization(endingAt index: Int) -> Normalization? {
        var nodes: [Int] = []
        var current = index
        var ending = PlannedNormalization.Ending.none
        func descend(to input: Int) -> Bool {
            guard users[input] == 1 else { return false }
            nodes.append(input)
            current = input
            return true
        }
        if graph.nodes[current].operation == .averagePool2 {
            let input = inputs(current)[0]
            guard graph.nodes[input].operation == .relu, descend(to: input) else { return nil }
            ending = .reluPool2
        }
        if graph.nodes[current].operation == .relu {
            if ending == .none { ending = .relu }
            if !descend(to: inputs(current)[0]) { return nil }
        }
        var residual: Int?
        if graph.nodes[current].operation == .add, ending != .reluPool2 {
            let (left, right) = (inputs(current)[0], inputs(current)[1])
            if left == right || !descend(to: left) { return nil }
            residual = right
        }
        guard case .batchNorm = graph.nodes[current].operation,
            ending != .reluPool2 || usesBatch(current)
        else { return nil }
        return Normalization(node: current, residual: residual, ending: ending, nodes: nodes)
    }

    private mutating func convLSTM(endingAt index: Int) -> FusedStep {
        var nodes = [index]
        var current = index - 1
        while current > 0, nodes.count < 2, !absorbed[current],
            case .convLSTM(let other) = graph.nodes[current].operation,
            case .convLSTM(let own) = graph.nodes[index].operation,
            inputs(current) == inputs(index), other.hidden == own.hidden,
            other.kernel == own.kernel, other.bptt == own.bptt
        {
            absorbed[current] = true
            nodes.insert(current, at: 0)
            current -= 1
        }
        return FusedStep(kind: .convLSTM(nodes), node: index, inputs: inputs(index))
    }

    private func inputs(_ index: Int) -> [Int] { graph.nodes[index].inputs.map(\.index) }
}
