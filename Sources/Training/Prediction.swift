import Foundation

/// A clip's logits beside its class.
public struct Prediction: Sendable, Equatable {
    /// One a class.
    public let logits: [Float]
    public let label: Int

    public init(logits: [Float], label: Int) {
        self.logits = logits
        self.label = label
    }

    /// How many classes the network puts before the right one: 0 is a hit. Of equal logits the class with the
    /// smaller number comes first.
    public var rank: Int {
        let own = logits[label]
        // What is no number is no hit.
        guard logits.allSatisfy(\.isFinite) else { return logits.count }
        return logits.indices.filter { logits[$0] > own || (logits[$0] == own && $0 < label) }.count
    }

    /// The class that the network puts first.
    public var top: Int {
        logits.indices.max { logits[$0] < logits[$1] || (logits[$0] == logits[$1] && $0 > $1) } ?? 0
    }

    /// Cross-entropy of the softmax of the logits. A report, not a training signal, so the platform's logarithm
    /// will do.
    public var loss: Double {
        let greatest = Double(logits.max() ?? 0)
        let sum = logits.reduce(0) { $0 + exp(Double($1) - greatest) }
        return log(sum) + greatest - Double(logits[label])
    }
}
