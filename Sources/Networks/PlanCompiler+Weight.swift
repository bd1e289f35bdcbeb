extension PlanCompiler {
    /// The weight of a convolution's node.
    ///
    /// - Parameter goesBack: whether the way back needs the weight.
    mutating func weight(_ node: Int, _ operation: Convolution, goesBack: Bool) -> PlannedWeight {
        let count = tree[operation.weight.tensors[0]]?.count ?? 0
        let source: PlannedWeight.Source
        switch operation.weight {
        case .tensor(let name): source = .tensor(place(name))
        case .mixture(let coefficients, let templates):
            let tiles = count.parts(of: PlannedWeight.grain)
            let trains = trainsWeight(of: operation)
            source = .mixture(
                PlannedWeight.Mixture(
                    coefficients: place(coefficients), templates: templates.map { place($0) },
                    mixed: buffer(floats: count),
                    backward: goesBack
                        ? PlannedWeight.Mixture.Backward(
                            mixed: buffer(floats: count),
                            coefficients: gradientPlace(coefficients),
                            templates: templates.map { gradientPlace($0) },
                            gradient: buffer(floats: trains ? count : 0),
                            products: buffer(doubles: trains ? templates.count * tiles : 0))
                        : nil))
        }
        return PlannedWeight(
            source: source, count: count, accumulates: accumulatesWeight[node] ?? false)
    }

    /// Whether a tensor that the weight is made of is trained.
    func trainsWeight(of operation: Convolution) -> Bool {
        switch operation.weight {
        case .tensor(let name): isTrained(name)
        case .mixture(let coefficients, let templates):
            isTrained(coefficients) || templates.contains { isTrained($0) }
        }
    }

    /// Goes the way back once: the first convolution that reaches a tensor writes its gradient, the
    /// others add to it.
    mutating func findSharedGradients() {
        var written: Set<String> = []
        for step in steps.reversed() {
            guard case .convolution(let operation) = graph.nodes[step.node].operation,
                gradients[step.node] != nil, trainsWeight(of: operation)
            else { continue }
            // All templates of a bank are used by the same convolutions.
            accumulatesWeight[step.node] = !written.insert(operation.weight.tensors[0]).inserted
        }
    }
}
