/// `model.kind: slowfast`: Feichtenhofer et al., "SlowFast Networks for Video Recognition" (2019),
/// four stages.
public struct SlowFastConfiguration: Sendable, Hashable {
    /// The slow pathway sees every alpha-th frame; divides `input.frames`.
    public var alpha: Int
    /// The fast pathway has width / betaInverse channels.
    public var betaInverse: Int
    /// Channels of the slow pathway's stem.
    public var width: Int
    /// Blocks in each of the four stages.
    public var layers: [Int]
    /// Lateral connections carry fusionRatio times the fast pathway's channels.
    public var fusionRatio: Int
    /// Temporal extent of a lateral convolution, odd.
    public var fusionKernel: Int
    /// Bottleneck blocks as in the paper, or basic ones for small machines.
    public var block: SlowBranchConfiguration.Block
    /// Part of the head's inputs that training sets to zero.
    public var dropout: Double
    /// Whether the last batch norm of every block starts with a scale of zero (Goyal et al., 2017).
    public var zeroInitLast: Bool
    /// Which convolutions of a pathway share a weight: those of one stage and one shape.
    public var sharing: SharingConfiguration

    public init(
        alpha: Int, betaInverse: Int = 8, width: Int = 64, layers: [Int] = [3, 4, 6, 3],
        fusionRatio: Int = 2, fusionKernel: Int = 7,
        block: SlowBranchConfiguration.Block = .bottleneck, dropout: Double = 0,
        zeroInitLast: Bool = true, sharing: SharingConfiguration = SharingConfiguration()
    ) {
        self.alpha = alpha
        self.betaInverse = betaInverse
        self.width = width
        self.layers = layers
        self.fusionRatio = fusionRatio
        self.fusionKernel = fusionKernel
        self.block = block
        self.dropout = dropout
        self.zeroInitLast = zeroInitLast
        self.sharing = sharing
    }
}
