/// What the products of a network's convolutions are of. Parameters, sums and gradients of parameters are float32 in any.
public enum Precision: String, Sendable, Hashable, CaseIterable {
    case fp32
    /// Convolutions of many channels round what they multiply to bf16: eight bits of exponent as float32, and eight of
    /// precision.
    case bf16
}

extension Graph {
    /// Whether any convolution has the channels for bf16.
    public var suitsBfloat16: Bool {
        nodes.contains { node in
            guard case .convolution(let operation) = node.operation else { return false }
            return PlanCompiler.shape(operation, from: self[node.inputs[0]].shape, to: node.shape)
                .suitsBfloat16
        }
    }
}
