/// How two configurations differ: in keys that decide the trained bits, and in others.
public struct ConfigurationDifferences: Sendable, Hashable, CustomStringConvertible {
    /// One key with its values; nil where a configuration does not have the key.
    public struct Difference: Sendable, Hashable, CustomStringConvertible {
        public var key: String
        public var value: String?
        public var other: String?

        public var description: String {
            "\(key) (\(value ?? "absent") here, \(other ?? "absent") there)"
        }
    }

    /// Keys on which the trained bits depend.
    public var decidingBits: [Difference] = []
    /// Keys that only change how a run goes: transport, checkpoint cadence, `train.steps`.
    public var neutral: [Difference] = []

    public var isEmpty: Bool { decidingBits.isEmpty && neutral.isEmpty }

    init(_ leaves: [CanonicalValue.Leaf], _ others: [CanonicalValue.Leaf]) {
        let otherText = Dictionary(uniqueKeysWithValues: others.map { ($0.key, $0.text) })
        let keys = Set(leaves.map(\.key))
        for leaf in leaves where otherText[leaf.key] != leaf.text {
            let other = otherText[leaf.key]
            append(Difference(key: leaf.key, value: leaf.text, other: other), leaf.decides)
        }
        for leaf in others where !keys.contains(leaf.key) {
            append(Difference(key: leaf.key, value: nil, other: leaf.text), leaf.decides)
        }
    }

    private mutating func append(_ difference: Difference, _ decides: Bool) {
        if decides { decidingBits.append(difference) } else { neutral.append(difference) }
    }

    public var description: String {
        (decidingBits + neutral).map(\.description).joined(separator: ", ")
    }
}
