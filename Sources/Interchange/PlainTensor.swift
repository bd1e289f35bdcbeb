import Networks
import Tensors

/// A tensor as a network without shared weights has it: each convolution with a weight of its own.
struct PlainTensor {
    enum Source {
        /// A tensor of the parameter tree.
        case parameter(Parameter)
        /// A convolution's weight, which may be shared.
        case weight(WeightSource)
    }

    /// `models.0.slow.conv1.weight`, whatever the weight is made of.
    let name: String
    let shape: [Int]
    let source: Source
}

extension Network {
    /// Trainable tensors and running statistics, in the order of the graph where they are weights of
    /// convolutions, and by name behind them.
    var plainTensors: [PlainTensor] {
        var plain: [PlainTensor] = []
        var sources: Set<String> = []
        for node in graph.nodes {
            guard case .convolution(let own) = node.operation,
                let shape = parameters[own.weight.tensors[0]]?.shape
            else { continue }
            sources.formUnion(own.weight.tensors)
            if case .mixture(let coefficients, _) = own.weight { sources.insert(coefficients) }
            plain.append(
                PlainTensor(
                    name: node.name + ".weight", shape: shape, source: .weight(own.weight)))
        }
        for parameter in parameters.trainable + parameters.statistics
        where !sources.contains(parameter.name) {
            plain.append(
                PlainTensor(
                    name: parameter.name, shape: parameter.shape, source: .parameter(parameter)))
        }
        return plain
    }

    func values(of tensor: PlainTensor, in storage: ParameterStorage) -> [Float] {
        switch tensor.source {
        case .weight(let source): weight(source, in: storage)
        case .parameter(let parameter): Array(storage.floats(of: parameter))
        }
    }
}

extension ParameterStorage {
    /// Where a tensor lies.
    func floats(of parameter: Parameter) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(
            rebasing: (parameter.isTrainable ? values : statistics).floats[parameter.range])
    }
}
