import Configuration
import Networks

extension GraphBuilder {
    /// Three pointwise stages that halve the map, then an encoder over all frames. Returns features,
    /// (frames, 1, 1, channels), that are to be joined in this order.
    mutating func fastBranch(
        _ x: Graph.Value, _ fast: FastBranchConfiguration, name: String
    ) -> [Graph.Value] {
        var y = x
        for stage in 0..<3 {
            let place = "\(name).pointwise.\(stage)"
            y = convolution(y, name: place + ".conv", channels: fast.channels, kernel: .one)
            y = relu(batchNorm(y, name: place + ".bn"))
            y = averagePool2(y, name: place + ".pool")
        }
        let directions = fast.bidirectional ? [false, true] : [false]
        switch fast.encoder {
        case .convLSTM:
            let runs = directions.enumerated().map { number, backward in
                convLSTM(
                    y, name: "\(name).lstm.\(number)", hidden: fast.hidden, backward: backward,
                    bptt: fast.bptt)
            }
            return runs.enumerated().map { number, run in quarters(run, name, ".\(number)") }
        case .lstm:
            let sequence = quarters(y, name)
            return directions.map { backward in
                lstm(
                    sequence, name: name + ".lstm", hidden: fast.hidden, backward: backward,
                    bptt: fast.bptt)
            }
        case .transformer:
            return [transformer(quarters(y, name), fast, name: name)]
        }
    }

    /// Averages over each quarter of the map: (frames, 1, 1, 4 * channels).
    private mutating func quarters(
        _ x: Graph.Value, _ name: String, _ suffix: String = ""
    ) -> Graph.Value {
        let pooled = adaptiveAveragePool(x, name: name + ".pool" + suffix, height: 2, width: 2)
        return flatten(pooled, name: name + ".flatten" + suffix)
    }

    /// Encoder layers that normalise first, on features with positions.
    /// Vaswani et al., Attention Is All You Need (2017); Xiong et al., On Layer Normalization in the
    /// Transformer Architecture (2020).
    private mutating func transformer(
        _ x: Graph.Value, _ fast: FastBranchConfiguration, name: String
    ) -> Graph.Value {
        var y = fullyConnected(x, name: name + ".project", features: fast.hidden)
        y = positions(y, name: name + ".positions")
        for layer in 0..<fast.depth {
            y = encoderLayer(y, heads: fast.heads, name: "\(name).transformer.layers.\(layer)")
        }
        return layerNorm(y, name: name + ".transformer.norm")
    }

    private mutating func encoderLayer(
        _ x: Graph.Value, heads: Int, name: String
    ) -> Graph.Value {
        let hidden = shape(of: x).channels
        let attention = name + ".self_attn"
        var y = layerNorm(x, name: name + ".norm1")
        // Glorot and Bengio's bound for queries, keys and values as one matrix, as in PyTorch.
        y = linear(
            y, name: attention, features: 3 * hidden,
            initialiser: .uniform(bound: (6 / Float(4 * hidden)).squareRoot()),
            tensor: ".in_proj_")
        y = self.attention(y, name: attention, heads: heads)
        y = linear(
            y, name: attention + ".out_proj", features: hidden, initialiser: .fanIn(hidden))
        let sum = add(x, y)
        y = layerNorm(sum, name: name + ".norm2")
        y = relu(fullyConnected(y, name: name + ".linear1", features: 4 * hidden))
        return add(sum, fullyConnected(y, name: name + ".linear2", features: hidden))
    }

    /// A linear layer with the first values of `torch.nn.Linear`.
    private mutating func fullyConnected(
        _ x: Graph.Value, name: String, features: Int
    ) -> Graph.Value {
        let initialiser = Parameter.Initialiser.fanIn(shape(of: x).channels)
        return linear(
            x, name: name, features: features, initialiser: initialiser, bias: initialiser)
    }
}

extension Parameter.Initialiser {
    /// Uniform within 1 / sqrt(inputs): PyTorch's `kaiming_uniform_` with a = sqrt(5).
    fileprivate static func fanIn(_ inputs: Int) -> Self {
        .uniform(bound: 1 / Float(inputs).squareRoot())
    }
}
