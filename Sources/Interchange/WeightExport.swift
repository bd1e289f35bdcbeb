public import Checkpoints
public import Configuration
public import Networks

/// Weights under another program's names, ready to be written.
public struct WeightExport {
    public let names: WeightNames
    public let tensors: [TensorSource]
    /// Our names of what the other program has no place for.
    public let leftOut: [String]
    /// Our names of what it has.
    private let written: [String]

    /// - Parameters:
    ///   - model: Number of the model whose slow branch becomes torchvision's ResNet.
    ///   - materialize: Whether shared weights are written as each use's own; always so where the other program
    ///     does not share.
    ///   - steps: Written as PyTorch's count of batches.
    /// - Throws: `InterchangeError` where the other program has no such model.
    public init(
        _ network: Network, _ storage: ParameterStorage, of configuration: ModelConfiguration,
        names: WeightNames, model: Int, materialize: Bool, steps: Int
    ) throws(InterchangeError) {
        try Self.check(configuration, names: names, model: model)
        self.names = names
        if names == .lockstep, !materialize {
            let tree = network.parameters
            tensors = (tree.trainable + tree.statistics).map {
                TensorSource(name: $0.name, shape: $0.shape, values: Array(storage.floats(of: $0)))
            }
            leftOut = []
            written = tensors.map(\.name)
            return
        }
        var tensors: [TensorSource] = []
        var leftOut: [String] = []
        var written: [String] = []
        for tensor in network.plainTensors {
            guard let name = names.foreign(tensor.name, model: model) else {
                leftOut.append(tensor.name)
                continue
            }
            written.append(tensor.name)
            tensors.append(
                TensorSource(
                    name: name, shape: tensor.shape,
                    values: network.values(of: tensor, in: storage)))
            if names != .lockstep, name.hasSuffix(".running_mean") {
                tensors.append(Self.counter(beside: name, steps: steps))
            }
        }
        self.tensors = tensors
        self.leftOut = leftOut
        self.written = written
    }

    /// PyTorch's batch norm counts its batches, and misses the count where it loads strictly.
    private static func counter(beside mean: String, steps: Int) -> TensorSource {
        let name = mean.dropLast("running_mean".count) + "num_batches_tracked"
        return TensorSource(name: String(name), type: .int64, shape: []) { take in
            withUnsafeBytes(of: Int64(steps).littleEndian) { take($0) }
        }
    }

    private static func check(
        _ configuration: ModelConfiguration, names: WeightNames, model: Int
    ) throws(InterchangeError) {
        switch (names, configuration.architecture) {
        case (.lockstep, _), (.pyslowfast, .slowFast), (.pytorchvideo, .slowFast): break
        case (.torchvision, .slowFastLSTM(let family)):
            guard family.models.indices.contains(model) else {
                throw .noModel(model, count: family.models.count)
            }
            if family.models[model].branches == .fast {
                throw .otherModel(names, problem: "model \(model) has no slow branch")
            }
        case (.torchvision, .slowFast):
            throw .otherModel(
                names,
                problem: "its ResNet is two-dimensional, and kind: slowfast is not; take "
                    + "pyslowfast or pytorchvideo")
        case (.pyslowfast, .slowFastLSTM), (.pytorchvideo, .slowFastLSTM):
            throw .otherModel(
                names,
                problem: "it has no model like kind: slowfast-lstm; take torchvision for a "
                    + "slow branch, or lockstep")
        }
    }
}

extension WeightExport {
    /// What was left out, whole layers by their names.
    public var layersLeftOut: [String] {
        ImportReport.layers(of: leftOut, without: written)
    }
}
