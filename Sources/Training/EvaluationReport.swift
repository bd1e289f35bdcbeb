/// How well a model tells the clips of a split apart.
public struct EvaluationReport: Sendable, Equatable, Codable {
    public struct ClassScore: Sendable, Equatable, Codable {
        public let name: String
        public fileprivate(set) var clips = 0
        public fileprivate(set) var correct = 0

        /// Share of the class's clips that were told; nil where it has none.
        public var accuracy: Double? { clips > 0 ? Double(correct) / Double(clips) : nil }
    }

    public private(set) var clips = 0
    private var lossSum = 0.0
    private var hits1 = 0
    private var hits5 = 0
    /// By class number.
    public private(set) var classes: [ClassScore]

    init(classNames: [String]) {
        classes = classNames.map { ClassScore(name: $0) }
    }

    /// Mean cross-entropy.
    public var loss: Double { lossSum / Double(max(1, clips)) }
    /// Shares of the clips, 0 to 1.
    public var top1: Double { Double(hits1) / Double(max(1, clips)) }
    public var top5: Double { Double(hits5) / Double(max(1, clips)) }

    mutating func add(_ prediction: Prediction) {
        clips += 1
        lossSum += prediction.loss
        let rank = prediction.rank
        hits1 += rank < 1 ? 1 : 0
        hits5 += rank < 5 ? 1 : 0
        classes[prediction.label].clips += 1
        classes[prediction.label].correct += rank < 1 ? 1 : 0
    }
}
