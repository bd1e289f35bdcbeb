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
        var takers = SlotTakers(shares, having: shares.map { _ in 0 })
        for _ in 0..<slots { takers.giveOne() }
        var first = 0
        return takers.counts.map { count in
            defer { first += count }
            return SlotSet(first..<first + count)
        }
    }

    /// Everyone keeps what it has; those slots that nobody has are dealt so that all end as early as they can, in runs
    /// of neighbours: their sums can be added, where those of scattered slots would have to be kept and sent apart.
    public static func spread(slots: Int, over shares: [Share]) -> [SlotSet] {
        let kept = SlotSet(ranges: shares.flatMap(\.kept.ranges))
        var takers = SlotTakers(shares, having: shares.map(\.unfinished))
        let missing = SlotSet(0..<slots).subtracting(kept).slots
        for _ in missing { takers.giveOne() }
        var first = 0
        return shares.indices.map { index in
            let count = takers.counts[index] - shares[index].unfinished
            defer { first += count }
            return shares[index].kept.union(SlotSet(missing[first..<first + count]))
        }
    }

    /// When the last member ends, in the unit of the shares' pace.
    public static func span(_ counts: [Int], _ shares: [Share]) -> Double {
        zip(counts, shares).map { Double($0) * $1.pace }.max() ?? 0
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
