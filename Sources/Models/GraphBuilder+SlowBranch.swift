import Configuration
import Networks

extension GraphBuilder {
    /// A 2D ResNet on each frame: (frames, height, width, 3) to (frames, 1, 1, features).
    /// He et al., Deep Residual Learning for Image Recognition (2015), with torchvision's names.
    mutating func slowBranch(
        _ x: Graph.Value, _ slow: SlowBranchConfiguration, name: String
    ) -> Graph.Value {
        var y = convolution(
            x, name: name + ".conv1", channels: slow.width, kernel: .square(7),
            stride: .square(2), padding: .border(3))
        y = relu(batchNorm(y, name: name + ".bn1"))
        y = maxPool(y, name: name + ".maxpool", kernel: 3, stride: 2, padding: 1)
        for (stage, blocks) in slow.layers.enumerated() {
            for block in 0..<blocks {
                y = residualBlock(
                    y, slow, planes: slow.width << stage,
                    stride: block == 0 && stage > 0 ? 2 : 1,
                    name: "\(name).layer\(stage + 1).\(block)")
            }
        }
        return flatten(
            adaptiveAveragePool(y, name: name + ".avgpool", height: 1, width: 1),
            name: name + ".flatten")
    }

    private mutating func residualBlock(
        _ x: Graph.Value, _ slow: SlowBranchConfiguration, planes: Int, stride: Int, name: String
    ) -> Graph.Value {
        let channels = planes * slow.block.expansion
        let residual = shortcut(x, slow.shortcut, channels: channels, stride: stride, name: name)
        var y: Graph.Value
        switch slow.block {
        case .basic:
            y = convolution(
                x, name: name + ".conv1", channels: planes, kernel: .square(3),
                stride: .square(stride), padding: .border(1))
            y = relu(batchNorm(y, name: name + ".bn1"))
            y = convolution(
                y, name: name + ".conv2", channels: planes, kernel: .square(3),
                padding: .border(1))
            y = batchNorm(y, name: name + ".bn2")
        case .bottleneck:
            y = convolution(x, name: name + ".conv1", channels: planes, kernel: .one)
            y = relu(batchNorm(y, name: name + ".bn1"))
            y = convolution(
                y, name: name + ".conv2", channels: planes, kernel: .square(3),
                stride: .square(stride), padding: .border(1))
            y = relu(batchNorm(y, name: name + ".bn2"))
            y = convolution(y, name: name + ".conv3", channels: channels, kernel: .one)
            y = batchNorm(y, name: name + ".bn3")
        }
        return relu(add(y, residual))
    }

    /// What a block's output is added to: its input where shapes allow, else shortcut A or B.
    private mutating func shortcut(
        _ x: Graph.Value, _ kind: SlowBranchConfiguration.Shortcut, channels: Int, stride: Int,
        name: String
    ) -> Graph.Value {
        if stride == 1 && shape(of: x).channels == channels { return x }
        switch kind {
        case .padding:
            return subsample(
                x, name: name + ".downsample", stride: stride, channels: channels)
        case .projection:
            let projected = convolution(
                x, name: name + ".downsample.0", channels: channels, kernel: .one,
                stride: .square(stride))
            return batchNorm(projected, name: name + ".downsample.1")
        }
    }
}
