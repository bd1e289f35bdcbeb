import Training

/// Classes that are pairs, as the synthesised appearance x motion: `red-disc-left`.
///
/// What a network confuses tells which half of a class it reads: one that sees single frames can
/// know the appearance and only guess the motion.
public struct ClassFactors: Sendable, Equatable {
    /// By class number: the number of its appearance, and of its motion.
    private let appearances: [Int]
    private let motions: [Int]
    public let appearanceCount: Int
    public let motionCount: Int

    /// Nil unless the classes are all pairs of what stands before and behind the last dash of their
    /// names.
    public init?(classNames: [String]) {
        var firsts: [String] = []
        var lasts: [String] = []
        var appearances: [Int] = []
        var motions: [Int] = []
        func number(_ part: String, in known: inout [String]) -> Int {
            if let index = known.firstIndex(of: part) { return index }
            known.append(part)
            return known.count - 1
        }
        for name in classNames {
            guard let dash = name.lastIndex(of: "-") else { return nil }
            appearances.append(number(String(name[..<dash]), in: &firsts))
            motions.append(number(String(name[name.index(after: dash)...]), in: &lasts))
        }
        guard firsts.count > 1, lasts.count > 1, firsts.count * lasts.count == classNames.count,
            Set(classNames).count == classNames.count
        else { return nil }
        self.appearances = appearances
        self.motions = motions
        appearanceCount = firsts.count
        motionCount = lasts.count
    }

    /// Shares of the clips whose appearance, and whose motion, was told; 0 to 1.
    public func accuracies(
        of confusion: ConfusionMatrix
    ) -> (appearance: Double, motion: Double) {
        var (clips, appearance, motion) = (0, 0, 0)
        for label in appearances.indices {
            clips += confusion.clips(of: label)
            for (predicted, count) in confusion.counts[label].enumerated() {
                if appearances[predicted] == appearances[label] { appearance += count }
                if motions[predicted] == motions[label] { motion += count }
            }
        }
        let total = Double(max(1, clips))
        return (Double(appearance) / total, Double(motion) / total)
    }
}
