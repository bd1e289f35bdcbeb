extension PlanCompiler {
    mutating func windowAverage(
        _ step: FusedStep, _ index: Int, _ window: (height: Int, width: Int)
    ) -> PlannedWindowAverage {
        PlannedWindowAverage(
            name: graph.nodes[step.node].name, clips: clips, window: window,
            from: graph.nodes[step.inputs[0]].shape, to: graph.nodes[step.node].shape,
            x: value(step.inputs[0]), y: value(step.node), dy: gradients[step.node],
            dx: targets(of: index).first ?? nil)
    }

    /// Nothing in evaluation, where the result is the input.
    mutating func dropout(
        _ step: FusedStep, _ index: Int, rate: Double
    ) -> [any PlannedOperation] {
        let node = graph.nodes[step.node]
        guard training else {
            values[step.node] = value(step.inputs[0])
            return []
        }
        return [
            PlannedDropout(
                name: node.name, rate: rate, clips: clips, count: node.shape.count,
                x: value(step.inputs[0]), y: value(step.node), dy: gradients[step.node],
                dx: targets(of: index).first ?? nil)
        ]
    }

    mutating func meanProbability(_ step: FusedStep) -> PlannedMeanProbability {
        let node = graph.nodes[step.node]
        precondition(!training, "\(node.name) has no gradient: the network is for evaluation")
        return PlannedMeanProbability(
            name: node.name, clips: clips, places: graph.nodes[step.inputs[0]].shape.pixels,
            classes: node.shape.channels, x: value(step.inputs[0]), y: value(step.node))
    }
}
