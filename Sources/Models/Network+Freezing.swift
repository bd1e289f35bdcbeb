public import Configuration
public import Networks

extension Network {
    /// The network of a run: its model, in which the tensors that `train.freeze` names are frozen, in the
    /// run's precision.
    ///
    /// Running statistics are frozen with the scale and shift of their batch norm.
    ///
    /// - Parameter evaluationSize: As of a model's network.
    public convenience init(
        _ run: RunConfiguration, evaluationSize: Int? = nil
    ) throws(ModelError) {
        let whole = try Network(run.model, evaluationSize: evaluationSize)
        let tree = whole.parameters
        let names = tree.trainable.map(\.name)
        var frozen: Set<String> = []
        for text in run.train.freeze {
            let pattern = NamePattern(text)
            let found = names.filter(pattern.holds)
            if found.isEmpty {
                throw .nothingToFreeze(
                    pattern: text, nearest: nearestName(to: text, among: Self.layers(of: names)))
            }
            frozen.formUnion(found)
        }
        if frozen.count == names.count { throw .everythingFrozen }
        for node in whole.graph.nodes {
            guard case .batchNorm(let norm) = node.operation, frozen.contains(norm.scale),
                frozen.contains(norm.shift)
            else { continue }
            frozen.formUnion([norm.runningMean, norm.runningVariance])
        }
        let precision: Precision = run.train.precision == .bf16 ? .bf16 : .fp32
        if precision == .bf16, !whole.graph.suitsBfloat16 { throw .nothingInBfloat16 }
        self.init(
            graph: whole.graph,
            parameters: ParameterTree(tree.trainable + tree.statistics, frozen: frozen),
            precision: precision)
    }

    /// Tensors and all layers that hold them, the short names first.
    private static func layers(of tensors: [String]) -> [String] {
        var layers: [String] = []
        var known: Set<String> = []
        for name in tensors {
            let parts = name.split(separator: ".")
            for count in 1...parts.count {
                let layer = parts.prefix(count).joined(separator: ".")
                if known.insert(layer).inserted { layers.append(layer) }
            }
        }
        return layers.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }
}
