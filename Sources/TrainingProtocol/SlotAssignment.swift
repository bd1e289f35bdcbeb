/// Deals slots, or the blocks of an evaluation, to the members of a generation.
public enum SlotAssignment {
    /// What a member brings to a deal.
    public struct Share: Sendable, Equatable {
        /// Slots that stay with it.
        public var kept: SlotSet
        /// Those of them that are still to be computed.
        public var unfinished: Int
        /// How long it takes for a slot, in any unit that all shares have.
        public var pace: Double
        /// Whether it can take slots.
        public var isTaking: Bool

        public init(
            kept: SlotSet = SlotSet(), unfinished: Int = 0, pace: Double = 1, isTaking: Bool = true
        ) {
            self.kept = kept
            self.unfinished = unfinished
            self.pace = pace
            self.isTaking = isTaking
        }
    }

    /// Contiguous ranges in rank order, as many slots each as let all end as early as whole slots allow: a member
    /// twice as slow gets half as many.
    ///
    /// - Parameter shares: `kept` must be empty.
    public static func deal(slots: Int, to shares: [Share]) -> [SlotSet] {
        var counts = shares.map { _ in 0 }
        for _ in 0..<slots {
            let taker = earliest(shares, having: counts)
            counts[taker] += 1
        }
        var first = 0
        return counts.map { count in
            defer { first += count }
            return SlotSet(first..<first + count)
        }
    }

    /// Everyone keeps what it has; each slot that nobody has goes to whoever ends first with it.
    public static func spread(slots: Int, over shares: [Share]) -> [SlotSet] {
        var sets = shares.map(\.kept)
        var counts = shares.map(\.unfinished)
        for slot in 0..<slots where !sets.contains(where: { $0.contains(slot) }) {
            let taker = earliest(shares, having: counts)
            counts[taker] += 1
            sets[taker] = sets[taker].union(SlotSet(slot..<slot + 1))
        }
        return sets
    }

    /// When the last member ends, in the unit of the shares' pace.
    public static func span(_ counts: [Int], _ shares: [Share]) -> Double {
        zip(counts, shares).map { Double($0) * $1.pace }.max() ?? 0
    }

    /// The member that would end first with one slot more; the first of several.
    private static func earliest(_ shares: [Share], having counts: [Int]) -> Int {
        let takers = shares.indices.filter { shares[$0].isTaking }
        let end = { (index: Int) in Double(counts[index] + 1) * shares[index].pace }
        return takers.min { end($0) < end($1) } ?? 0
    }

    /// Blocks dealt in turn to those who take any; one list a member.
    public static func deal(blocks: [Int], to isTaking: [Bool]) -> [[Int]] {
        var lists = isTaking.map { _ in [Int]() }
        let takers = isTaking.indices.filter { isTaking[$0] }
        guard !takers.isEmpty else { return lists }
        for (index, block) in blocks.enumerated() {
            lists[takers[index % takers.count]].append(block)
        }
        return lists
    }
}
