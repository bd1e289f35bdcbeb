import CKernels

extension PlanCompiler {
    /// The operations of one step; several only where channels of many inputs are joined.
    mutating func plan(_ step: FusedStep, _ index: Int) -> [any PlannedOperation] {
        switch step.kind {
        case .normalization(let node, let residual, let ending):
            return [normalization(step, index, node, residual, ending)]
        case .foldedConvolution(let node, let normalization, let residual, let relu):
            return [
                convolution(
                    node, y: step.node, index: index,
                    folding: (normalization, residual, relu))
            ]
        case .convLSTM(let nodes):
            return [convLSTM(nodes, index)]
        case .single:
            return single(step, index)
        }
    }

    private mutating func single(_ step: FusedStep, _ index: Int) -> [any PlannedOperation] {
        let node = graph.nodes[step.node]
        switch node.operation {
        case .input: return []
        case .convolution:
            return [convolution(step.node, y: step.node, index: index, folding: nil)]
        case .batchNorm, .convLSTM:
            preconditionFailure("\(node.name) belongs to a group of operations")
        case .relu:
            return [elementwise(step, index, .relu)]
        case .add:
            return [elementwise(step, index, .add(value(step.inputs[1])))]
        case .maxPool, .averagePool2, .adaptiveAveragePool:
            return [pooling(step, index)]
        case .gatherFrames(let frames):
            return [rearrangement(step, index, 0, .gather(frames))]
        case .repeatFrames(let times):
            return [rearrangement(step, index, 0, .repeatFrames(times))]
        case .flatten:
            return [rearrangement(step, index, 0, .flatten)]
        case .subsample(let stride, _):
            return [rearrangement(step, index, 0, .subsample(stride: stride))]
        case .concatenate:
            var channel = 0
            return step.inputs.indices.map { number in
                defer { channel += graph.nodes[step.inputs[number]].shape.channels }
                return rearrangement(step, index, number, .join(channel: channel))
            }
        case .linear(let linear):
            return [self.linear(step, index, linear)]
        case .lstm(let own): return [lstm(step, index, own)]
        case .layerNorm(let own): return [layerNorm(step, index, own)]
        case .positions: return [positions(step, index)]
        case .attention(let own): return [attention(step, index, own)]
        case .windowAverage(let height, let width):
            return [windowAverage(step, index, (height, width))]
        case .dropout(let rate):
            return dropout(step, index, rate: rate)
        case .meanProbability:
            return [meanProbability(step)]
        }
    }

    private mutating func elementwise(
        _ step: FusedStep, _ index: Int, _ kind: PlannedElementwise.Kind
    ) -> PlannedElementwise {
        let node = graph.nodes[step.node]
        return PlannedElementwise(
            name: node.name, kind: kind, count: clips * node.shape.count,
            x: value(step.inputs[0]), y: value(step.node), dy: gradients[step.node],
            targets: targets(of: index).compactMap(\.self))
    }

    private mutating func rearrangement(
        _ step: FusedStep, _ index: Int, _ number: Int, _ kind: PlannedRearrangement.Kind
    ) -> PlannedRearrangement {
        let node = graph.nodes[step.node]
        let input = step.inputs[number]
        let targets = targets(of: index)
        return PlannedRearrangement(
            name: node.name, kind: kind, clips: clips, from: graph.nodes[input].shape,
            to: node.shape, x: value(input), y: value(step.node), dy: gradients[step.node],
            dx: targets.isEmpty ? nil : targets[number])
    }

    private mutating func pooling(_ step: FusedStep, _ index: Int) -> PlannedPooling {
        let node = graph.nodes[step.node]
        let from = graph.nodes[step.inputs[0]].shape
        let to = node.shape
        let target = targets(of: index).first ?? nil
        let kind: PlannedPooling.Kind
        switch node.operation {
        case .maxPool(let pool):
            let shape = lk_pooling(
                in_height: from.height, in_width: from.width, channels: from.channels,
                kernel: pool.kernel, stride: pool.stride, pad: pool.padding,
                out_height: to.height, out_width: to.width)
            let bytes = clips * to.count
            kind = .max(
                shape, winners: buffer(floats: bytes.parts(of: MemoryLayout<Float>.stride)))
        case .adaptiveAveragePool(let height, let width):
            kind = .adaptive(height: height, width: width)
        default:
            kind = .average2
        }
        let staging = target.flatMap {
            $0.accumulates ? buffer(floats: clips * from.count) : nil
        }
        return PlannedPooling(
            name: node.name, kind: kind, images: clips * from.time, from: from, to: to,
            x: value(step.inputs[0]), y: value(step.node), dy: gradients[step.node], dx: target,
            staging: staging)
    }

    private mutating func linear(
        _ step: FusedStep, _ index: Int, _ linear: Linear
    ) -> PlannedLinear {
        let node = graph.nodes[step.node]
        let from = graph.nodes[step.inputs[0]].shape
        return PlannedLinear(
            name: node.name, rows: clips * from.pixels, inputs: from.channels,
            outputs: linear.features, weight: place(linear.weight), bias: place(linear.bias),
            trainsWeight: isTrained(linear.weight), trainsBias: isTrained(linear.bias),
            x: value(step.inputs[0]), y: value(step.node), dy: gradients[step.node],
            dx: targets(of: index).first ?? nil)
    }

    mutating func loss() -> PlannedLoss {
        let shape = graph[graph.heads[0].logits].shape
        let heads = graph.heads.map { head in
            PlannedLoss.Head(
                logits: value(head.logits.index), weight: head.weight,
                gradient: gradients[head.logits.index])
        }
        return PlannedLoss(
            heads: heads, reduction: graph.reduction, ensemble: graph.ensemble,
            labelSmoothing: labelSmoothing, clips: clips, frames: shape.time,
            classes: shape.channels, clipLogits: clipLogits, result: result,
            staging: buffer(floats: 2 * clips * shape.channels))
    }
}
