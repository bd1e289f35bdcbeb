extension Graph {
    /// What a layer holds and takes, for one clip on the way forward.
    public struct LayerCost: Sendable, Hashable, Codable {
        public let name: String
        /// `convolution 3x3/2`, `batch norm`, ...
        public let operation: String
        /// Result for one clip: (time, height, width, channel).
        public let shape: [Int]
        /// Trained numbers that the layer is the first to use.
        public let parameters: Int
        public let multiplyAdds: Int
    }

    /// Every layer in order. A tensor that several layers use is counted with the first.
    public func costs(_ tree: ParameterTree) -> [LayerCost] {
        var counted: Set<String> = []
        return nodes.map { node in
            let fresh = node.parameters.filter { counted.insert($0).inserted }
            let parameters = fresh.reduce(0) { $0 + (tree[$1]?.count ?? 0) }
            return LayerCost(
                name: node.name, operation: node.operation.title,
                shape: [
                    node.shape.time, node.shape.height, node.shape.width, node.shape.channels,
                ],
                parameters: parameters, multiplyAdds: multiplyAdds(node))
        }
    }

    /// How many numbers would be trained if every layer had weights of its own.
    public func effectiveParameters(_ tree: ParameterTree) -> Int {
        let count = { (name: String) in tree[name]?.count ?? 0 }
        return nodes.reduce(0) { sum, node in
            if case .convolution(let own) = node.operation {
                return sum + count(own.weight.tensors[0])
            }
            return sum + node.parameters.reduce(0) { $0 + count($1) }
        }
    }

    private func multiplyAdds(_ node: Node) -> Int {
        let channels = node.inputs.first.map { self[$0].shape.channels } ?? 0
        switch node.operation {
        case .convolution(let own): return node.shape.count * channels * own.kernel.product
        case .linear: return node.shape.count * channels
        case .convLSTM(let own):
            let taps = own.kernel * own.kernel
            return node.shape.pixels * 4 * own.hidden * (channels + own.hidden) * taps
        case .lstm(let own): return node.shape.pixels * 4 * own.hidden * (channels + own.hidden)
        case .attention: return 2 * node.shape.count * node.shape.time
        default: return 0
        }
    }
}

extension Graph.Node {
    /// Names of the trained tensors that the node uses.
    var parameters: [String] {
        switch operation {
        case .convolution(let own):
            switch own.weight {
            case .tensor(let name): [name]
            case .mixture(let coefficients, let templates): [coefficients] + templates
            }
        case .batchNorm(let own): [own.scale, own.shift]
        case .convLSTM(let own): [own.weight, own.bias]
        case .linear(let own): [own.weight, own.bias]
        case .lstm(let own):
            [own.inputWeight, own.hiddenWeight, own.inputBias, own.hiddenBias]
        case .layerNorm(let own): [own.scale, own.shift]
        default: []
        }
    }
}

extension Operation {
    /// The operation in a few words.
    var title: String {
        switch self {
        case .input: "input"
        case .convolution(let own):
            "convolution " + Self.sizes(own.kernel)
                + (own.stride == .one ? "" : "/\(own.stride.width)")
        case .batchNorm: "batch norm"
        case .relu: "ReLU"
        case .add: "add"
        case .maxPool(let own): "max pool \(own.kernel)x\(own.kernel)/\(own.stride)"
        case .averagePool2: "average pool 2x2"
        case .adaptiveAveragePool(let height, let width): "average pool to \(height)x\(width)"
        case .gatherFrames(let frames): "\(frames.count) frames"
        case .repeatFrames(let times): "repeat \(times) times"
        case .concatenate: "concatenate"
        case .flatten: "flatten"
        case .convLSTM(let own):
            "ConvLSTM \(own.kernel)x\(own.kernel) " + (own.backward ? "backward" : "forward")
        case .lstm(let own): "LSTM " + (own.backward ? "backward" : "forward")
        case .layerNorm: "layer norm"
        case .positions: "positions"
        case .attention(let own): "attention of \(own.heads) heads"
        case .linear: "linear"
        case .subsample(let stride, _): "every \(stride)th pixel"
        case .windowAverage(let height, let width): "average of all frames, \(height)x\(width)"
        case .dropout(let rate): "dropout \(rate)"
        case .meanProbability: "mean probability"
        }
    }

    private static func sizes(_ kernel: Extent) -> String {
        let plane = "\(kernel.height)x\(kernel.width)"
        return kernel.time == 1 ? plane : "\(kernel.time)x" + plane
    }
}
