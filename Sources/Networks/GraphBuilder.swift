/// Writes a graph, one operation after another, and collects the parameters that they name.
public struct GraphBuilder {
    private var nodes: [Graph.Node] = []
    private var parameters: [Parameter] = []

    /// The clip comes in as value `input`.
    public init(input shape: FeatureShape) {
        nodes.append(Graph.Node(name: "input", operation: .input, inputs: [], shape: shape))
    }

    public var input: Graph.Value { Graph.Value(index: 0) }

    public func shape(of value: Graph.Value) -> FeatureShape { nodes[value.index].shape }

    /// - Parameters:
    ///   - heads: per-frame logits of every classifier, (frames, 1, 1, classes).
    ///   - ensemble: weight of the cross-entropy of the heads' mean logits.
    public consuming func network(
        heads: [Graph.Head], reduction: Graph.Reduction, ensemble: Double = 0
    ) -> Network {
        precondition(!heads.isEmpty, "a network needs a head")
        return Network(
            graph: Graph(nodes: nodes, heads: heads, reduction: reduction, ensemble: ensemble),
            parameters: ParameterTree(parameters))
    }

    /// - Parameters:
    ///   - weight: where the weight comes from; a tensor of its own, `NAME.weight`, unless given.
    ///     Uses that name the same tensors share them.
    ///   - volumetric: the weight has an axis of time even where it has one tap along it, as
    ///     PyTorch's `Conv3d` has.
    public mutating func convolution(
        _ x: Graph.Value, name: String, channels: Int, kernel: Extent, stride: Extent = .one,
        padding: Extent = .zero, weight: WeightSource? = nil, volumetric: Bool = false
    ) -> Graph.Value {
        let from = shape(of: x)
        let taps =
            kernel.time == 1 && !volumetric
            ? [kernel.height, kernel.width] : [kernel.time, kernel.height, kernel.width]
        let source = weight ?? .tensor(name + ".weight")
        for tensor in source.tensors {
            declareShared(
                tensor, [channels, from.channels] + taps, .trainable(decays: true), .kaimingNormal)
        }
        if case .mixture(let coefficients, let templates) = source {
            declare(
                coefficients, [templates.count], .trainable(decays: false), .normal(deviation: 1))
        }
        let operation = Convolution(
            weight: source, channels: channels, kernel: kernel, stride: stride, padding: padding)
        let to = FeatureShape(
            time: (from.time + 2 * padding.time - kernel.time) / stride.time + 1,
            height: (from.height + 2 * padding.height - kernel.height) / stride.height + 1,
            width: (from.width + 2 * padding.width - kernel.width) / stride.width + 1,
            channels: channels)
        return append(name, .convolution(operation), [x], to)
    }

    /// - Parameter scale: What the trained scale starts with.
    public mutating func batchNorm(
        _ x: Graph.Value, name: String, scale: Float = 1
    ) -> Graph.Value {
        let shape = shape(of: x)
        let operation = BatchNorm(
            scale: name + ".weight", shift: name + ".bias",
            runningMean: name + ".running_mean", runningVariance: name + ".running_var")
        let channels = [shape.channels]
        declare(operation.scale, channels, .trainable(decays: false), .constant(scale))
        declare(operation.shift, channels, .trainable(decays: false), .constant(0))
        declare(operation.runningMean, channels, .runningMean, .constant(0))
        declare(operation.runningVariance, channels, .runningVariance, .constant(1))
        return append(name, .batchNorm(operation), [x], shape)
    }

    public mutating func relu(_ x: Graph.Value) -> Graph.Value {
        append("relu", .relu, [x], shape(of: x))
    }

    public mutating func add(_ a: Graph.Value, _ b: Graph.Value) -> Graph.Value {
        precondition(shape(of: a) == shape(of: b), "only values of one shape can be added")
        return append("add", .add, [a, b], shape(of: a))
    }

    public mutating func maxPool(
        _ x: Graph.Value, name: String, kernel: Int, stride: Int, padding: Int
    ) -> Graph.Value {
        var to = shape(of: x)
        to.height = (to.height + 2 * padding - kernel) / stride + 1
        to.width = (to.width + 2 * padding - kernel) / stride + 1
        let pool = MaxPool(kernel: kernel, stride: stride, padding: padding)
        return append(name, .maxPool(pool), [x], to)
    }

    public mutating func averagePool2(_ x: Graph.Value, name: String) -> Graph.Value {
        var to = shape(of: x)
        to.height /= 2
        to.width /= 2
        return append(name, .averagePool2, [x], to)
    }

    public mutating func adaptiveAveragePool(
        _ x: Graph.Value, name: String, height: Int, width: Int
    ) -> Graph.Value {
        var to = shape(of: x)
        to.height = height
        to.width = width
        return append(name, .adaptiveAveragePool(height: height, width: width), [x], to)
    }

    public mutating func gatherFrames(
        _ x: Graph.Value, name: String, frames: [Int]
    ) -> Graph.Value {
        var to = shape(of: x)
        precondition(frames.allSatisfy { 0 <= $0 && $0 < to.time }, "no such frame in \(name)")
        to.time = frames.count
        return append(name, .gatherFrames(frames), [x], to)
    }

    public mutating func repeatFrames(
        _ x: Graph.Value, name: String, times: Int
    ) -> Graph.Value {
        var to = shape(of: x)
        to.time *= times
        return append(name, .repeatFrames(times), [x], to)
    }

    public mutating func concatenate(_ values: [Graph.Value], name: String) -> Graph.Value {
        var to = shape(of: values[0])
        to.channels = values.reduce(0) { $0 + shape(of: $1).channels }
        precondition(
            values.allSatisfy { shape(of: $0).pixels == to.pixels },
            "only values of one time, height and width can be joined in \(name)")
        return append(name, .concatenate, values, to)
    }

    public mutating func flatten(_ x: Graph.Value, name: String) -> Graph.Value {
        let from = shape(of: x)
        let channels = from.channels * from.height * from.width
        let to = FeatureShape(time: from.time, height: 1, width: 1, channels: channels)
        return append(name, .flatten, [x], to)
    }

    public mutating func convLSTM(
        _ x: Graph.Value, name: String, hidden: Int, kernel: Int = 3, backward: Bool,
        bptt: Int? = nil
    ) -> Graph.Value {
        var to = shape(of: x)
        let operation = ConvLSTM(
            weight: name + ".weight", bias: name + ".bias", hidden: hidden, kernel: kernel,
            backward: backward, bptt: bptt)
        declare(
            operation.weight, [4 * hidden, to.channels + hidden, kernel, kernel],
            .trainable(decays: true), .xavierNormal)
        declare(operation.bias, [4 * hidden], .trainable(decays: true), .constant(0))
        to.channels = hidden
        return append(name, .convLSTM(operation), [x], to)
    }

    /// - Parameter tensor: goes before `weight` and `bias` in the names of the tensors.
    public mutating func linear(
        _ x: Graph.Value, name: String, features: Int, initialiser: Parameter.Initialiser,
        bias: Parameter.Initialiser = .constant(0), tensor: String = "."
    ) -> Graph.Value {
        var to = shape(of: x)
        let operation = Linear(
            weight: name + tensor + "weight", bias: name + tensor + "bias", features: features)
        declare(
            operation.weight, [features, to.channels], .trainable(decays: true), initialiser)
        declare(operation.bias, [features], .trainable(decays: true), bias)
        to.channels = features
        return append(name, .linear(operation), [x], to)
    }

    public mutating func subsample(
        _ x: Graph.Value, name: String, stride: Int, channels: Int
    ) -> Graph.Value {
        var to = shape(of: x)
        to.height = (to.height + stride - 1) / stride
        to.width = (to.width + stride - 1) / stride
        to.channels = channels
        return append(name, .subsample(stride: stride, channels: channels), [x], to)
    }

    mutating func append(
        _ name: String, _ operation: Operation, _ inputs: [Graph.Value], _ shape: FeatureShape
    ) -> Graph.Value {
        nodes.append(Graph.Node(name: name, operation: operation, inputs: inputs, shape: shape))
        return Graph.Value(index: nodes.count - 1)
    }

    /// Declares a tensor that may have been declared by another use.
    private mutating func declareShared(
        _ name: String, _ shape: [Int], _ role: Parameter.Role,
        _ initialiser: Parameter.Initialiser
    ) {
        guard let known = parameters.first(where: { $0.name == name }) else {
            declare(name, shape, role, initialiser)
            return
        }
        precondition(known.shape == shape, "\(name) is shared by weights of different shapes")
    }

    mutating func declare(
        _ name: String, _ shape: [Int], _ role: Parameter.Role,
        _ initialiser: Parameter.Initialiser
    ) {
        parameters.append(
            Parameter(name: name, shape: shape, role: role, initialiser: initialiser))
    }
}
