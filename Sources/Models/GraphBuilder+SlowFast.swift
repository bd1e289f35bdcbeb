import Configuration
import Networks

extension GraphBuilder {
    /// The network of Feichtenhofer et al., SlowFast Networks for Video Recognition (2019), with
    /// PySlowFast's names. Returns logits, (1, 1, 1, classes).
    ///
    /// - Parameter trained: Height and width of the input that the network is trained on. Of a
    ///   larger one, the logits are the logarithm of the mean probability over all windows of the
    ///   last map that are as large as the map of training.
    mutating func slowFast(
        _ family: SlowFastConfiguration, classes: Int, trained: Int
    ) -> Graph.Value {
        let frames = slowFrames(of: shape(of: input).time, alpha: family.alpha)
        var paths = [gatherFrames(input, name: "slow.frames", frames: frames), input]
        for pathway in SlowFastBlock.Pathway.all {
            paths[pathway.number] = stem(paths[pathway.number], family, pathway)
        }
        for stage in 0..<family.layers.count {
            let lateral = fusion(paths[1], family, name: "s\(stage + 1)_fuse")
            paths[0] = concatenate([paths[0], lateral], name: "s\(stage + 1)_fuse.joined")
            for pathway in SlowFastBlock.Pathway.all {
                for block in 0..<family.layers[stage] {
                    let place = SlowFastBlock(stage: stage, pathway: pathway, block: block)
                    paths[pathway.number] = residualBlock(paths[pathway.number], family, place)
                }
            }
        }
        return head(paths, family, classes: classes, window: family.lastMap(of: trained))
    }

    /// Few frames at full width, or all frames at a fraction of it.
    private mutating func stem(
        _ x: Graph.Value, _ family: SlowFastConfiguration, _ pathway: SlowFastBlock.Pathway
    ) -> Graph.Value {
        let name = "s1.pathway\(pathway.number)_stem"
        let y = normalized(
            x, name: name + ".conv", norm: name + ".bn", channels: family.width(of: pathway),
            kernel: Extent(pathway == .slow ? 1 : 5, 7, 7), stride: .square(2))
        return maxPool(relu(y), name: name + ".pool", kernel: 3, stride: 2, padding: 1)
    }

    /// What the slow pathway learns from the fast one: every alpha-th frame of a convolution over
    /// time.
    private mutating func fusion(
        _ fast: Graph.Value, _ family: SlowFastConfiguration, name: String
    ) -> Graph.Value {
        relu(
            normalized(
                fast, name: name + ".conv_f2s", norm: name + ".bn",
                channels: shape(of: fast).channels * family.fusionRatio,
                kernel: Extent(family.fusionKernel, 1, 1), stride: Extent(family.alpha, 1, 1)))
    }

    private mutating func residualBlock(
        _ x: Graph.Value, _ family: SlowFastConfiguration, _ place: SlowFastBlock
    ) -> Graph.Value {
        let inner = family.width(of: place.pathway) << place.stage
        let channels = inner * family.block.expansion
        let stride = Extent.square(place.stride)
        var residual = x
        // PyTorch's reference projects in every first bottleneck block, whatever its shapes.
        if place.stride > 1 || shape(of: x).channels != channels
            || (place.isFirst && family.block == .bottleneck)
        {
            residual = normalized(
                x, name: place.name + ".branch1", norm: place.name + ".branch1_bn",
                channels: channels, kernel: .one, stride: stride)
        }
        let time = place.temporalKernel
        let plan: [(letter: String, channels: Int, kernel: Extent, stride: Extent)] =
            switch family.block {
            case .basic: [("a", inner, Extent(time, 3, 3), stride), ("b", inner, .square(3), .one)]
            case .bottleneck:
                [
                    ("a", inner, Extent(time, 1, 1), .one), ("b", inner, .square(3), stride),
                    ("c", channels, .one, .one),
                ]
            }
        var y = x
        for (number, one) in plan.enumerated() {
            let isLast = number == plan.count - 1
            let name = "\(place.name).branch2.\(one.letter)"
            y = normalized(
                y, name: name, norm: name + "_bn", channels: one.channels, kernel: one.kernel,
                stride: one.stride, scale: isLast && family.zeroInitLast ? 0 : 1,
                weight: place.weight(
                    name, family.sharing, outputs: one.channels, inputs: shape(of: y).channels,
                    kernel: one.kernel))
            if !isLast { y = relu(y) }
        }
        return relu(add(y, residual))
    }

    /// A convolution that keeps the map but for its stride, and batch norm.
    private mutating func normalized(
        _ x: Graph.Value, name: String, norm: String, channels: Int, kernel: Extent,
        stride: Extent = .one, scale: Float = 1, weight: WeightSource? = nil
    ) -> Graph.Value {
        let y = convolution(
            x, name: name, channels: channels, kernel: kernel, stride: stride,
            padding: Extent(kernel.time / 2, kernel.height / 2, kernel.width / 2),
            weight: weight, volumetric: true)
        return batchNorm(y, name: norm, scale: scale)
    }

    private mutating func head(
        _ paths: [Graph.Value], _ family: SlowFastConfiguration, classes: Int, window: Int
    ) -> Graph.Value {
        let pooled = paths.enumerated().map { pathway, path in
            windowAverage(
                path, name: "head.pathway\(pathway)_avgpool", height: window, width: window)
        }
        var y = concatenate(pooled, name: "head.features")
        if family.dropout > 0 { y = dropout(y, name: "head.dropout", rate: family.dropout) }
        y = linear(
            y, name: "head.projection", features: classes,
            initialiser: .normal(deviation: 0.01))
        return shape(of: y).pixels == 1 ? y : meanProbability(y, name: "head.act")
    }
}

extension SlowFastConfiguration {
    /// Channels of a pathway's stem.
    fileprivate func width(of pathway: SlowFastBlock.Pathway) -> Int {
        pathway == .slow ? width : width / betaInverse
    }

    /// Side of the last map of an input: halved by the stem, its pooling and all stages but the
    /// first, and rounded up each time.
    func lastMap(of size: Int) -> Int {
        (0..<1 + layers.count).reduce(size) { side, _ in (side + 1) / 2 }
    }

    func check(_ input: FeatureShape, trained: Int) throws(ModelError) {
        if alpha < 1 || input.time % alpha != 0 || input.time < alpha {
            throw .indivisibleFrames(frames: input.time, alpha: alpha, model: "slowfast")
        }
        if input.height < trained {
            throw .evaluationTooSmall(size: input.height, least: trained)
        }
    }
}
