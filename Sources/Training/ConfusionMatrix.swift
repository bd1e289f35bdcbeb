/// How often clips of each class were taken for each other.
public struct ConfusionMatrix: Sendable, Equatable {
    public let classNames: [String]
    /// By the clips' class, then the predicted one.
    public private(set) var counts: [[Int]]
    /// Clips of each class for which a network yielded no numbers.
    public private(set) var unanswered: [Int]

    public init(classNames: [String]) {
        self.classNames = classNames
        counts = classNames.map { _ in [Int](repeating: 0, count: classNames.count) }
        unanswered = [Int](repeating: 0, count: classNames.count)
    }

    public mutating func add(label: Int, predicted: Int?) {
        if let predicted { counts[label][predicted] += 1 } else { unanswered[label] += 1 }
    }

    public func clips(of label: Int) -> Int { counts[label].reduce(unanswered[label], +) }

    public func correct(of label: Int) -> Int { counts[label][label] }

    /// Share of a class's clips that were taken for another, or for itself; nil where it has none.
    public func share(of label: Int, takenFor predicted: Int) -> Double? {
        let clips = clips(of: label)
        return clips > 0 ? Double(counts[label][predicted]) / Double(clips) : nil
    }
}
