extension PlanCompiler {
    /// The weight of a convolution's node.
    ///
    /// - Parameter trains: whether its gradient is wanted.
    mutating func weight(_ node: Int, _ operation: Convolution, trains: Bool) -> PlannedWeight {
        let count = tree[operation.weight.tensors[0]]?.count ?? 0
        let source: PlannedWeight.Source
        switch operation.weight {
        case .tensor(let name): source = .tensor(place(name))
        case .mixture(let coefficients, let templates):
            let tiles = count.parts(of: PlannedWeight.grain)
            source = .mixture(
                PlannedWeight.Mixture(
                    coefficients: place(coefficients), templates: templates.map { place($0) },
                    mixed: buffer(floats: count),
                    backward: trains
                        ? PlannedWeight.Mixture.Backward(
                            mixed: buffer(floats: count), gradient: buffer(floats: count),
                            products: buffer(doubles: templates.count * tiles)) : nil))
        }
        return PlannedWeight(
            source: source, count: count, accumulates: accumulatesWeight[node] ?? false)
    }

    /// Goes the way back once: the first convolution that reaches a tensor writes its gradient, the
    /// others add to it.
    mutating func findSharedGradients() {
        var written: Set<String> = []
        for step in steps.reversed() {
            guard case .convolution(let operation) = graph.nodes[step.node].operation,
                gradients[step.node] != nil
            else { continue }
            // All templates of a bank are used by the same convolutions.
            accumulatesWeight[step.node] = !written.insert(operation.weight.tensors[0]).inserted
        }
    }
}
