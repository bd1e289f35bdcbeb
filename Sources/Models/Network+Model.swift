public import Configuration
public import Networks

extension Network {
    /// Builds the network that a config's `model` section describes.
    ///
    /// Names and shapes of its tensors are those of torchvision's ResNet in the slow branch, and of
    /// the PyTorch reference elsewhere, so that weights travel.
    public convenience init(_ model: ModelConfiguration) throws(ModelError) {
        guard case .slowFastLSTM(let family) = model.architecture else {
            throw .notBuilt(
                what: "the network of the SlowFast paper", key: "model.kind: slowfast",
                instead: "slowfast-lstm")
        }
        let input = FeatureShape(
            time: model.input.frames, height: model.input.size, width: model.input.size,
            channels: 3)
        try family.check(input)
        var builder = GraphBuilder(input: input)
        var heads: [Graph.Head] = []
        for (index, one) in family.models.enumerated() {
            let logits = builder.twoBranch(
                one, of: family, classes: model.classes, name: "models.\(index)")
            heads.append(Graph.Head(logits: logits, weight: one.weight))
        }
        let built = builder.network(
            heads: heads, reduction: family.loss.reduce == .clip ? .clip : .frame,
            ensemble: family.loss.ensemble)
        self.init(graph: built.graph, parameters: built.parameters)
    }
}

extension SlowFastLSTMConfiguration {
    func check(_ input: FeatureShape) throws(ModelError) {
        if models.isEmpty { throw .noModels }
        for one in models where one.branches != .fast {
            if one.alpha < 1 || input.time % one.alpha != 0 || input.time < one.alpha {
                throw .indivisibleFrames(frames: input.time, alpha: one.alpha, model: one.name)
            }
        }
        let least = models.contains { $0.branches != .slow } ? 8 : 1
        if input.height < least { throw .inputTooSmall(size: input.height, least: least) }
    }
}
