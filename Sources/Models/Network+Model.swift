public import Configuration
public import Networks

extension Network {
    /// Builds the network that a config's `model` section describes.
    ///
    /// Names and shapes of its tensors are those of torchvision's ResNet in the slow branch, and of
    /// the PyTorch reference elsewhere, so that weights travel.
    ///
    /// - Parameter evaluationSize: Height and width of the clips, where they are not
    ///   `model.input.size`: the network then has the same parameters, and serves to evaluate.
    public convenience init(
        _ model: ModelConfiguration, evaluationSize: Int? = nil
    ) throws(ModelError) {
        let size = evaluationSize ?? model.input.size
        let input = FeatureShape(
            time: model.input.frames, height: size, width: size, channels: 3)
        switch model.architecture {
        case .slowFastLSTM(let family):
            try self.init(family, classes: model.classes, input: input)
        case .slowFast(let family):
            try family.check(input, trained: model.input.size)
            var builder = GraphBuilder(input: input)
            let logits = builder.slowFast(
                family, classes: model.classes, trained: model.input.size)
            let built = builder.network(heads: [Graph.Head(logits: logits)], reduction: .clip)
            self.init(graph: built.graph, parameters: built.parameters)
        }
    }

    private convenience init(
        _ family: SlowFastLSTMConfiguration, classes: Int, input: FeatureShape
    ) throws(ModelError) {
        try family.check(input)
        var builder = GraphBuilder(input: input)
        var heads: [Graph.Head] = []
        for (index, one) in family.models.enumerated() {
            let logits = builder.twoBranch(
                one, of: family, classes: classes, name: "models.\(index)")
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
