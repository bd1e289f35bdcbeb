/// One named tensor of a network and its place in the flat vectors.
public struct Parameter: Sendable, Hashable {
    public enum Role: Sendable, Hashable {
        /// Changed by the optimiser; `decays` says whether weight decay applies.
        case trainable(decays: Bool)
        /// Batch norm's running mean of a channel.
        case runningMean
        /// Batch norm's running (unbiased) variance of a channel.
        case runningVariance
    }

    /// How a tensor starts.
    public enum Initialiser: Sendable, Hashable {
        case constant(Float)
        case normal(deviation: Float)
        /// Uniform from -bound to bound.
        case uniform(bound: Float)
        /// Normal with variance 2 / (output channels x kernel taps).
        /// He et al., Delving Deep into Rectifiers (2015), mode fan_out.
        case kaimingNormal
        /// Normal with variance 2 / (fan in + fan out). Glorot and Bengio (2010).
        case xavierNormal
    }

    /// PyTorch's name: `models.0.slow.layer1.0.conv1.weight`.
    public let name: String
    /// PyTorch's shape: (out, in, [time,] height, width) of a convolution, (out, in) of a linear
    /// layer.
    public let shape: [Int]
    public let role: Role
    public let initialiser: Initialiser
    /// First float in the flat vector of its role.
    public internal(set) var offset = 0
    /// Whether training leaves it as it starts.
    public internal(set) var isFrozen = false

    public init(name: String, shape: [Int], role: Role, initialiser: Initialiser) {
        self.name = name
        self.shape = shape
        self.role = role
        self.initialiser = initialiser
    }

    public var count: Int { shape.reduce(1, *) }
    public var range: Range<Int> { offset..<offset + count }

    public var isTrainable: Bool {
        if case .trainable = role { true } else { false }
    }

    public var decays: Bool { role == .trainable(decays: true) }
}
