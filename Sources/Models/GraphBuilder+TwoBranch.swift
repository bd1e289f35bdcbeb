import Configuration
import Networks

extension GraphBuilder {
    /// One model f_i: a slow ResNet on every alpha-th frame, a fast recurrent branch on all frames,
    /// and one linear classifier per frame. Returns its logits, (frames, 1, 1, classes).
    mutating func twoBranch(
        _ one: TwoBranchConfiguration, of family: SlowFastLSTMConfiguration, classes: Int,
        name: String
    ) -> Graph.Value {
        var features: [Graph.Value] = []
        if one.branches != .fast {
            let frames = slowFrames(of: shape(of: input).time, alpha: one.alpha)
            let seen = gatherFrames(input, name: name + ".slow.frames", frames: frames)
            let slow = slowBranch(seen, family.slow, name: name + ".slow")
            features.append(
                repeatFrames(slow, name: name + ".slow.repeat", times: one.alpha))
        }
        if one.branches != .slow {
            features += fastBranch(input, family.fast, name: name + ".fast")
        }
        let joined =
            features.count == 1 ? features[0] : concatenate(features, name: name + ".features")
        return linear(
            joined, name: name + ".head", features: classes,
            initialiser: .normal(deviation: 0.01))
    }

    /// Three pointwise stages that halve the map, then a ConvLSTM in one or both directions of
    /// time. Returns each direction's features, (frames, 1, 1, 4 * hidden).
    private mutating func fastBranch(
        _ x: Graph.Value, _ fast: FastBranchConfiguration, name: String
    ) -> [Graph.Value] {
        var y = x
        for stage in 0..<3 {
            let place = "\(name).pointwise.\(stage)"
            y = convolution(y, name: place + ".conv", channels: fast.channels, kernel: .one)
            y = relu(batchNorm(y, name: place + ".bn"))
            y = averagePool2(y, name: place + ".pool")
        }
        let directions = 0..<(fast.bidirectional ? 2 : 1)
        let runs = directions.map { direction in
            convLSTM(
                y, name: "\(name).lstm.\(direction)", hidden: fast.hidden,
                backward: direction == 1)
        }
        return runs.enumerated().map { direction, run in
            let pooled = adaptiveAveragePool(
                run, name: "\(name).pool.\(direction)", height: 2, width: 2)
            return flatten(pooled, name: "\(name).flatten.\(direction)")
        }
    }
}

/// Frame numbers that the slow branch sees: linspace(0, T - 1, T / alpha), truncated, as in
/// PySlowFast.
func slowFrames(of frames: Int, alpha: Int) -> [Int] {
    let count = frames / alpha
    if count == 1 { return [0] }
    let step = Double(frames - 1) / Double(count - 1)
    // PyTorch's linspace counts from both ends; truncation makes the difference visible.
    return (0..<count).map { index in
        let fromStart = index < count / 2
        let value =
            fromStart
            ? step * Double(index) : Double(frames - 1) - step * Double(count - 1 - index)
        return Int(value)
    }
}
