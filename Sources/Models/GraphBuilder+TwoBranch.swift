import Configuration
import Networks

extension GraphBuilder {
    /// One model f_i: a slow ResNet on every alpha-th frame, a fast branch on all frames,
    /// and one linear classifier per frame. Returns its logits, (frames, 1, 1, classes).
    mutating func twoBranch(
        _ one: TwoBranchConfiguration, of family: SlowFastLSTMConfiguration, classes: Int,
        name: String
    ) -> Graph.Value {
        var features: [Graph.Value] = []
        if one.branches != .fast {
            let frames = slowFrames(of: shape(of: input).time, alpha: one.alpha)
            let seen = gatherFrames(input, name: name + ".slow.frames", frames: frames)
            let slow = slowBranch(
                seen, family.slow, sharing: family.sharing, name: name + ".slow")
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
