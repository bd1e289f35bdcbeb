/// A line of the coordinator's append-only log.
public enum JournalRecord: Sendable, Equatable {
    /// A coordinator took up the run in a new term.
    case opened(term: Term, run: RunID, state: Step, dataset: Digest)
    /// What fixes the bits of this run; every worker must match it.
    case pinned(profile: [ProfileEntry])
    /// A generation: its members compute the steps after `state` until the next generation begins; `reason` says why.
    /// `takesOver`: in the middle of a step or an evaluation; nil in journals of before this was written.
    case began(
        generation: Generation, state: Step, members: [MemberEntry], takesOver: Bool?,
        reason: String)
    case committed(CommitEntry)
    /// The state of a step is saved.
    case saved(step: Step)
    case lost(worker: WorkerID, reason: String)
    case stopped(state: Step, reason: String)
    case completed(state: Step)
}

/// A member of a generation, as the journal names it.
public struct MemberEntry: Sendable, Equatable, Codable {
    public var worker: WorkerID
    public var host: String
    public var slots: SlotSet

    public init(worker: WorkerID, host: String, slots: SlotSet) {
        self.worker = worker
        self.host = host
        self.slots = slots
    }
}

/// A step that everyone agreed on.
public struct CommitEntry: Sendable, Equatable, Codable {
    public var step: Step
    public var epoch: Epoch
    public var generation: Generation
    /// Hexadecimal digest of the reduced gradient and batch-norm statistics.
    public var digest: Digest
    /// Mean over the step's samples.
    public var loss: Double
    /// Every sample that the step counted, in slot order.
    public var samples: [SampleID]
    /// This commit's link of the `CommitChain`.
    public var chain: Digest

    public init(
        step: Step, epoch: Epoch, generation: Generation, digest: Digest, loss: Double,
        samples: [SampleID], chain: Digest
    ) {
        self.step = step
        self.epoch = epoch
        self.generation = generation
        self.digest = digest
        self.loss = loss
        self.samples = samples
        self.chain = chain
    }
}
