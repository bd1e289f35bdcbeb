import Foundation

/// How probable a network holds each class to be.
///
/// Logarithms are kept, for those of a sure network's other classes lie below the least number. A report, not a
/// training signal, so the platform's exponential and logarithm will do.
public struct ClassDistribution: Sendable, Equatable {
    /// Logarithms of the probabilities, one a class.
    public let logarithms: [Double]

    /// The softmax of logits.
    public init(logits: [Float]) {
        self.init(logits: logits.map(Double.init))
    }

    init(logits: [Double]) {
        let greatest = logits.max() ?? 0
        let total = log(logits.reduce(0) { $0 + exp($1 - greatest) }) + greatest
        logarithms = logits.map { $0 - total }
    }

    /// The softmax of the mean logits of several models.
    init(meanOf models: [[Float]]) {
        let classes = models.first?.count ?? 0
        self.init(
            logits: (0..<classes).map { index in
                models.reduce(0.0) { $0 + Double($1[index]) } / Double(models.count)
            })
    }

    /// The mean of other distributions' probabilities, as of several views.
    ///
    /// - Parameter distributions: One or more.
    public init(averaging distributions: [ClassDistribution]) {
        // A single one keeps its bits.
        guard distributions.count > 1 else {
            logarithms = distributions.first?.logarithms ?? []
            return
        }
        let count = log(Double(distributions.count))
        logarithms = (distributions.first?.logarithms ?? []).indices.map { index in
            let parts = distributions.map { $0.logarithms[index] }
            let greatest = parts.max() ?? 0
            guard greatest > -.infinity else { return -.infinity }
            return log(parts.reduce(0) { $0 + exp($1 - greatest) }) + greatest - count
        }
    }

    public func probability(of index: Int) -> Double { exp(logarithms[index]) }

    /// Cross-entropy where this is the right class.
    public func loss(of label: Int) -> Double { -logarithms[label] }

    /// How many classes come before this one: 0 is a hit. Of equally probable classes the one with the smaller
    /// number comes first.
    public func rank(of label: Int) -> Int {
        let own = logarithms[label]
        // What is no number is no hit.
        guard !isBroken else { return logarithms.count }
        return logarithms.indices.filter {
            logarithms[$0] > own || (logarithms[$0] == own && $0 < label)
        }.count
    }

    /// The classes, the most probable first; none where the network yields no numbers.
    public var ranking: [Int] {
        guard !isBroken else { return [] }
        return logarithms.indices.sorted {
            logarithms[$0] > logarithms[$1] || (logarithms[$0] == logarithms[$1] && $0 < $1)
        }
    }

    /// The most probable class; nil where the network yields no numbers.
    public var top: Int? {
        guard !isBroken else { return nil }
        return logarithms.indices.max {
            logarithms[$0] < logarithms[$1] || (logarithms[$0] == logarithms[$1] && $0 > $1)
        }
    }

    private var isBroken: Bool { logarithms.contains { $0.isNaN } }
}
