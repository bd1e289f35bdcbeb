/// `model.kind: slowfast`: Feichtenhofer et al., "SlowFast Networks for Video Recognition" (2019),
/// bottleneck blocks, four stages.
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

    public init(
        alpha: Int, betaInverse: Int = 8, width: Int = 64, layers: [Int] = [3, 4, 6, 3],
        fusionRatio: Int = 2, fusionKernel: Int = 7
    ) {
        self.alpha = alpha
        self.betaInverse = betaInverse
        self.width = width
        self.layers = layers
        self.fusionRatio = fusionRatio
        self.fusionKernel = fusionKernel
    }
}
