/// A generation as one of its members is told.
public struct Deal: Sendable, Equatable {
    /// In rank order.
    public var members: [Member]
    public var rank: Rank
    public var next: NextAction
    /// Slots of the step under way that more than one member may finish: whoever does says its digest.
    public var contested: SlotSet
    /// What the step of the state was committed with: who missed that commit can catch up.
    public var committed: Digest?
    /// Why the generation before it ended.
    public var reason: String

    public init(
        members: [Member], rank: Rank, next: NextAction, contested: SlotSet = SlotSet(),
        committed: Digest? = nil, reason: String = ""
    ) {
        self.members = members
        self.rank = rank
        self.next = next
        self.contested = contested
        self.committed = committed
        self.reason = reason
    }
}

/// A worker of a generation, and the slots that it holds.
public struct Member: Sendable, Equatable {
    public var worker: WorkerID
    public var slots: SlotSet
    public var gradientAddress: String
    public var stateAddress: String
    /// Whether it has the generation's state already, and can give it to those who do not.
    public var holdsState: Bool

    public init(
        worker: WorkerID, slots: SlotSet, gradientAddress: String, stateAddress: String,
        holdsState: Bool
    ) {
        self.worker = worker
        self.slots = slots
        self.gradientAddress = gradientAddress
        self.stateAddress = stateAddress
        self.holdsState = holdsState
    }
}
