/// What one operation of a plan is, and what its two passes have to do.
public struct OperationCost: Sendable, Hashable, Codable {
    /// Operations that are alike in what limits their speed.
    public enum Kind: String, Sendable, Hashable, Codable {
        case pointwise = "convolution 1x1"
        case planar = "convolution 3x3"
        case temporal = "convolution in time"
        case volumetric = "convolution 3x3x3"
        /// Kernels of more than 3x3 pixels, with which networks begin.
        case stem = "convolution of a stem"
        case normalization = "normalization"
        case pooling = "pooling"
        /// Values that change their places alone.
        case rearrangement = "rearrangement"
        case elementwise = "elementwise"
        /// LSTMs of any kind: products and gates.
        case recurrence = "LSTM and gates"
        case attention = "attention"
        case linear = "linear"
        case loss = "loss"
    }

    /// How a convolution is computed.
    public enum Method: String, Sendable, Hashable, Codable {
        /// In the transformed domain.
        case winograd = "Winograd"
        /// Along the input's lines, for few channels.
        case direct = "direct"
        /// Through tables of pointers to pixels.
        case indirect = "indirect"
        /// Products of bf16, sums of float.
        case bfloat16 = "bf16"
    }

    /// What one pass has to do for all clips.
    public struct Work: Sendable, Hashable, Codable {
        public let multiplyAdds: Int
        /// Each operand once for every sweep that goes over it, as if nothing stayed in a cache.
        public let bytes: Int

        public init(multiplyAdds: Int = 0, bytes: Int) {
            self.multiplyAdds = multiplyAdds
            self.bytes = bytes
        }

        init(multiplyAdds: Int = 0, floats: Int) {
            self.init(multiplyAdds: multiplyAdds, bytes: floats * MemoryLayout<Float>.stride)
        }

        public static let none = Work(bytes: 0)
    }

    /// The layer's name.
    public let name: String
    public let kind: Kind
    /// The operation in a few words: `3x3/2 64→128`, `batch norm`.
    public let title: String
    public let forward: Work
    public let backward: Work
    /// Of a convolution; and the part of its way back that comes first, the input's gradient.
    public var method: Method?
    public var inputGradient = Work.none
}

extension GradientTarget {
    /// Sweeps over the gradient that an operation adds to or writes.
    var sweeps: Int { accumulates ? 2 : 1 }
}
