import CKernels
import Tensors

extension PlanCompiler {
    mutating func lstm(_ step: FusedStep, _ index: Int, _ own: LSTM) -> PlannedLSTM {
        let node = graph.nodes[step.node]
        let from = graph.nodes[step.inputs[0]].shape
        let count = clips * node.shape.count
        return PlannedLSTM(
            name: node.name, clips: clips, frames: from.time, inputs: from.channels,
            hidden: own.hidden, backwardInTime: own.backward,
            truncation: Truncation(frames: own.bptt),
            tensors: PlannedLSTM.Tensors(
                inputWeight: place(own.inputWeight), hiddenWeight: place(own.hiddenWeight),
                inputBias: place(own.inputBias), hiddenBias: place(own.hiddenBias)),
            x: value(step.inputs[0]), y: value(step.node), gates: buffer(floats: 4 * count),
            cells: buffer(floats: count), bias: buffer(floats: 4 * own.hidden),
            backward: gradients[step.node].map {
                PlannedLSTM.Backward(
                    dy: $0, dx: targets(of: index).first ?? nil,
                    gradients: PlannedLSTM.Gradients(
                        inputWeight: gradientPlace(own.inputWeight),
                        hiddenWeight: gradientPlace(own.hiddenWeight),
                        inputBias: gradientPlace(own.inputBias),
                        hiddenBias: gradientPlace(own.hiddenBias)),
                    cells: buffer(floats: clips * own.hidden))
            })
    }

    mutating func layerNorm(
        _ step: FusedStep, _ index: Int, _ own: LayerNorm
    ) -> PlannedLayerNorm {
        let node = graph.nodes[step.node]
        let rows = clips * node.shape.pixels
        return PlannedLayerNorm(
            name: node.name, rows: rows, channels: node.shape.channels, scale: place(own.scale),
            shift: place(own.shift), x: value(step.inputs[0]), y: value(step.node),
            moments: buffer(floats: 2 * rows),
            backward: gradients[step.node].map {
                PlannedLayerNorm.Backward(
                    dy: $0, dx: targets(of: index).first ?? nil,
                    scale: gradientPlace(own.scale), shift: gradientPlace(own.shift),
                    partials: buffer(
                        floats: PlannedLayerNorm.tiles(rows: rows) * 2 * node.shape.channels))
            })
    }

    mutating func positions(_ step: FusedStep, _ index: Int) -> PlannedPositions {
        let node = graph.nodes[step.node]
        let table = FloatBuffer(count: node.shape.count)
        lk_position_table(node.shape.time, node.shape.channels, table.base)
        return PlannedPositions(
            name: node.name, clips: clips, table: table, x: value(step.inputs[0]),
            y: value(step.node), dy: gradients[step.node], dx: targets(of: index).first ?? nil)
    }

    mutating func attention(
        _ step: FusedStep, _ index: Int, _ own: Attention
    ) -> PlannedAttention {
        let node = graph.nodes[step.node]
        let frames = node.shape.time
        return PlannedAttention(
            name: node.name, clips: clips, frames: frames, heads: own.heads,
            width: node.shape.channels / own.heads, x: value(step.inputs[0]),
            y: value(step.node), weights: buffer(floats: clips * own.heads * frames * frames),
            dy: gradients[step.node], dx: targets(of: index).first ?? nil)
    }
}
