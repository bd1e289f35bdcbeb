/// How far a worker is, for the coordinator to tell slow from dead and waiting from working.
public struct Progress: Sendable, Equatable {
    public var activity: Activity
    /// The step whose state the worker holds.
    public var holds: Step?
    /// Slots of the step under way that are dealt to the worker and finished.
    public var finished: SlotSet
    /// What a reduction under way waits for.
    public var awaiting: Awaiting?

    public init(
        activity: Activity, holds: Step? = nil, finished: SlotSet = SlotSet(),
        awaiting: Awaiting? = nil
    ) {
        self.activity = activity
        self.holds = holds
        self.finished = finished
        self.awaiting = awaiting
    }
}

/// What a worker is at.
public enum Activity: String, Sendable, Equatable, CaseIterable {
    case greeting, preparing, idle, loading, computing, reducing, stalled, updating, evaluating
    case awaitingCommit = "awaiting commit"
    case halted

    /// Whether it tells how far it is.
    var hasProgress: Bool {
        switch self {
        case .reducing, .loading, .evaluating: true
        default: false
        }
    }

    /// Whether it waits for other members.
    public var isWaiting: Bool {
        switch self {
        case .reducing, .awaitingCommit, .stalled: true
        default: false
        }
    }
}

/// How far a member's reduction is, or a load or an evaluation, and what it waits for.
public struct Awaiting: Sendable, Equatable {
    /// Members whose sums or finished chunks are missing.
    public var ranks: [Rank]
    /// The first chunk that is missing, and how many there are; or pieces of a state, or blocks.
    public var chunk: Int
    public var chunks: Int
    /// Bytes that have come.
    public var bytes: Int

    public init(ranks: [Rank], chunk: Int, chunks: Int, bytes: Int) {
        self.ranks = ranks
        self.chunk = chunk
        self.chunks = chunks
        self.bytes = bytes
    }
}
