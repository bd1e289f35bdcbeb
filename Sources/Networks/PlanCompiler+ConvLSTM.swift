import CKernels

extension PlanCompiler {
    mutating func convLSTM(_ nodes: [Int], _ index: Int) -> PlannedConvLSTM {
        guard case .convLSTM(let first) = graph.nodes[nodes[0]].operation else {
            preconditionFailure("\(graph.nodes[nodes[0]].name) is no ConvLSTM")
        }
        let source = graph.nodes[nodes[0]].inputs[0].index
        let from = graph.nodes[source].shape
        let hidden = first.hidden
        let parts = ConvLSTMShapes(from: from, hidden: hidden, kernel: first.kernel)
        let input = TiledConvolution(parts.input, clips: clips)
        let recurrent = TiledConvolution(parts.recurrent, clips: 1)
        let shifted = [1, -1].map { TiledConvolution(parts.shifted($0), clips: clips) }
        mostChannels = max(mostChannels, from.channels, 4 * hidden)
        let target = targets(of: index).first ?? nil
        let directions = nodes.map { direction($0, input, recurrent) }
        let taps = first.kernel * first.kernel
        return PlannedConvLSTM(
            name: graph.nodes[nodes[0]].name, clips: clips, frames: from.time, hidden: hidden,
            truncation: Truncation(frames: first.bptt), directions: directions, input: input,
            recurrent: recurrent,
            recurrentForward: shifted[0], recurrentBackward: shifted[1],
            layout: WeightLayout(
                inputStride: taps, outputStride: taps * (from.channels + hidden)),
            x: value(source),
            backward: training && nodes.contains { trained[$0] }
                ? PlannedConvLSTM.Backward(
                    dx: target,
                    cells: buffer(floats: nodes.count * clips * recurrent.rows * hidden),
                    packedInput: buffer(floats: input.packedTransposedCount),
                    packedHidden: buffer(
                        floats: nodes.count * recurrent.packedTransposedCount),
                    partials: buffer(
                        floats: max(
                            input.partialCount, shifted[0].partialCount,
                            shifted[1].partialCount)),
                    biasSums: buffer(floats: clips * 4 * hidden)) : nil)
    }

    private mutating func direction(
        _ node: Int, _ input: TiledConvolution, _ recurrent: TiledConvolution
    ) -> PlannedConvLSTM.Direction {
        guard case .convLSTM(let own) = graph.nodes[node].operation else {
            preconditionFailure("\(graph.nodes[node].name) is no ConvLSTM")
        }
        let count = clips * graph.nodes[node].shape.count
        return PlannedConvLSTM.Direction(
            backwardInTime: own.backward, weight: place(own.weight), bias: place(own.bias),
            trainsWeight: isTrained(own.weight), trainsBias: isTrained(own.bias),
            y: value(node), dy: gradients[node], gates: buffer(floats: 4 * count),
            cells: buffer(floats: count), packedInput: buffer(floats: input.packedCount),
            packedHidden: buffer(floats: recurrent.packedCount))
    }
}

/// The convolutions that a ConvLSTM's weight is split into.
private struct ConvLSTMShapes {
    let input: lk_convolution
    let recurrent: lk_convolution
    private let hidden: Int

    init(from: FeatureShape, hidden: Int, kernel: Int) {
        self.hidden = hidden
        let gates = FeatureShape(
            time: from.time, height: from.height, width: from.width, channels: 4 * hidden)
        let operation = Convolution(
            weight: .tensor(""), channels: 4 * hidden, kernel: .square(kernel), stride: .one,
            padding: .border(kernel / 2))
        input = PlanCompiler.shape(operation, from: from, to: gates)
        var image = input
        image.in_time = 1
        image.out_time = 1
        image.in_channels = hidden
        recurrent = image
    }

    /// The recurrent part over all frames: a negative or positive padding of time shifts the
    /// frames, so that each meets the state `frames` before it.
    func shifted(_ frames: Int) -> lk_convolution {
        var shape = input
        shape.in_channels = hidden
        shape.pad_time = frames
        return shape
    }
}
