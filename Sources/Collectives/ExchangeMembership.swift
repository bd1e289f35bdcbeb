import TrainingProtocol

/// Who exchanges sums with whom: one generation of a run.
public struct ExchangeMembership: Sendable, Equatable {
    public struct Member: Sendable, Equatable {
        /// What the member's `GradientExchange.address` says.
        public let address: String
        /// The slots whose sums it holds; may be empty, and may have gaps.
        public let slots: SlotSet

        public init(address: String, slots: SlotSet) {
            self.address = address
            self.slots = slots
        }
    }

    public let run: RunID
    public let term: Term
    public let generation: Generation
    public let tree: SlotTree
    /// In rank order. Their slots make up the tree.
    public let members: [Member]
    /// This worker's rank.
    public let me: Rank

    public init(
        run: RunID, term: Term, generation: Generation, tree: SlotTree, members: [Member], me: Rank
    ) {
        precondition(members.indices.contains(me.rawValue), "rank \(me) of \(members.count)")
        self.run = run
        self.term = term
        self.generation = generation
        self.tree = tree
        self.members = members
        self.me = me
    }

    /// The subtree sums of every member, in rank order.
    func covers() -> [[Subtree]] {
        members.map { tree.cover($0.slots) }
    }

    /// Whether every slot is some member's, and no slot is that of two.
    var isWhole: Bool {
        let exist = members.allSatisfy { member in
            member.slots.ranges.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= tree.slots }
        }
        return exist && tree.additions(finishing: covers().flatMap { $0 }) != nil
    }
}
