/// How well predictions tell clips, or videos, apart.
public struct EvaluationScore: Sendable, Equatable {
    /// What was told apart: clips or videos.
    public private(set) var count = 0
    private var lossSum = 0.0
    private var hits1 = 0
    private var hits5 = 0

    public init() {}

    /// Mean cross-entropy.
    public var loss: Double { lossSum / Double(max(1, count)) }
    /// Shares of the count, 0 to 1.
    public var top1: Double { Double(hits1) / Double(max(1, count)) }
    public var top5: Double { Double(hits5) / Double(max(1, count)) }

    public mutating func add(_ distribution: ClassDistribution, label: Int) {
        count += 1
        lossSum += distribution.loss(of: label)
        let rank = distribution.rank(of: label)
        hits1 += rank < 1 ? 1 : 0
        hits5 += rank < 5 ? 1 : 0
    }
}
