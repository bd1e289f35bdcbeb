import Configuration
import Networks

extension GraphBuilder {
    /// A 2D ResNet on each frame: (frames, height, width, 3) to (frames, 1, 1, features).
    /// He et al., Deep Residual Learning for Image Recognition (2015), with torchvision's names.
    mutating func slowBranch(
        _ x: Graph.Value, _ slow: SlowBranchConfiguration, sharing: SharingConfiguration,
        name: String
    ) -> Graph.Value {
        let sharing = SlowBranchSharing(configuration: sharing, branch: name)
        var y = convolution(
            x, SlowBranchSharing.Place(name: "conv1", shape: (slow.width, 3, 7), downsamples: true),
            sharing, stride: 2)
        y = relu(batchNorm(y, name: name + ".bn1"))
        y = maxPool(y, name: name + ".maxpool", kernel: 3, stride: 2, padding: 1)
        for (stage, blocks) in slow.layers.enumerated() {
            for block in 0..<blocks {
                y = residualBlock(
                    y, slow, sharing, stage: stage + 1, place: "layer\(stage + 1).\(block)",
                    stride: block == 0 && stage > 0 ? 2 : 1)
            }
        }
        return flatten(
            adaptiveAveragePool(y, name: name + ".avgpool", height: 1, width: 1),
            name: name + ".flatten")
    }

    private mutating func residualBlock(
        _ x: Graph.Value, _ slow: SlowBranchConfiguration, _ sharing: SlowBranchSharing,
        stage: Int, place: String, stride: Int
    ) -> Graph.Value {
        let planes = slow.width << (stage - 1)
        let channels = planes * slow.block.expansion
        let residual = shortcut(x, slow, sharing, place: place, channels: channels, stride: stride)
        let plan: [(name: String, outputs: Int, kernel: Int, stride: Int)] =
            switch slow.block {
            case .basic: [("1", planes, 3, stride), ("2", planes, 3, 1)]
            case .bottleneck:
                [("1", planes, 1, 1), ("2", planes, 3, stride), ("3", channels, 1, 1)]
            }
        var y = x
        for (number, one) in plan.enumerated() {
            let shape = (one.outputs, self.shape(of: y).channels, one.kernel)
            y = convolution(
                y,
                SlowBranchSharing.Place(
                    name: "\(place).conv\(one.name)", stage: stage, shape: shape,
                    downsamples: stride != 1), sharing, stride: one.stride)
            y = batchNorm(y, name: "\(sharing.branch).\(place).bn\(one.name)")
            if number < plan.count - 1 { y = relu(y) }
        }
        return relu(add(y, residual))
    }

    /// What a block's output is added to: its input where shapes allow, else shortcut A or B.
    private mutating func shortcut(
        _ x: Graph.Value, _ slow: SlowBranchConfiguration, _ sharing: SlowBranchSharing,
        place: String, channels: Int, stride: Int
    ) -> Graph.Value {
        let inputs = shape(of: x).channels
        if stride == 1 && inputs == channels { return x }
        let name = "\(place).downsample"
        switch slow.shortcut {
        case .padding:
            return subsample(
                x, name: "\(sharing.branch).\(name)", stride: stride, channels: channels)
        case .projection:
            let projected = convolution(
                x, SlowBranchSharing.Place(name: name + ".0", shape: (channels, inputs, 1)),
                sharing, stride: stride)
            return batchNorm(projected, name: "\(sharing.branch).\(name).1")
        }
    }

    /// A square convolution that keeps the map's size but for its stride.
    private mutating func convolution(
        _ x: Graph.Value, _ place: SlowBranchSharing.Place, _ sharing: SlowBranchSharing,
        stride: Int
    ) -> Graph.Value {
        let (outputs, _, kernel) = place.shape
        return convolution(
            x, name: "\(sharing.branch).\(place.name)", channels: outputs, kernel: .square(kernel),
            stride: .square(stride), padding: .border(kernel / 2), weight: sharing.source(of: place)
        )
    }
}
