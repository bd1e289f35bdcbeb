/// What happens to a worker.
public enum WorkerEvent: Sendable, Equatable {
    case received(Stamped<CoordinatorMessage>)
    /// Everything is ready to compute; the state comes with a generation.
    case prepared(Readiness)
    /// The state of a step is here.
    case loaded(Step, Generation)
    case attested(Step, Generation, Digest)
    /// A slot's result is in the sums, or set aside where another member holds the slot.
    case slotDone(Step, SlotOutcome)
    /// A contested slot's result.
    case witnessed(Step, Slot, Digest)
    /// All of this worker's slots are in the sums.
    case computed(Step, Generation)
    case reduced(Step, Generation, Digest, PhaseTimes)
    case updated(Step)
    case evaluated(Step, Generation, [BlockOutcome])
    /// A step cannot go on, through no fault of this worker's; the coordinator will decide.
    case stalled(Step, Generation, reason: String, accused: Rank?)
    /// The state that a generation needs could not be had from anyone.
    case loadFailed(Step, Generation, reason: String)
    /// Something that this worker cannot mend.
    case failed(reason: String)
    /// Someone asks this worker to leave; a second time, at once.
    case leaveRequested(reason: String)
    /// How far a reduction, a load or an evaluation is, and whom it waits for.
    case awaiting(Awaiting)
    /// Time passed.
    case tick
}

/// What a worker's shell is to do, in this order. Those for the worker's hands are carried out one after another.
public enum WorkerDirective: Sendable, Equatable {
    case send(Stamped<WorkerMessage>)
    /// Get to know the run, or its new term: clips come from another address then, the state stays.
    case prepare(RunID, Term, Introduction)
    /// What the hands do for older generations ends as soon as it can. Finished slots stay.
    case interrupt(Generation)
    /// Know the others of a generation.
    case adopt(Generation, members: [Member], rank: Rank)
    /// Get the state of a step.
    case load(Step, Generation, from: StateSource)
    /// Take the digest of the state.
    case attest(Step, Generation)
    /// Compute those of the slots whose results are not here yet, and add them up in the slot tree.
    case compute(Step, Generation, slots: SlotSet, contested: SlotSet)
    /// Exchange the subtree sums with the other members.
    case reduce(Step, Generation)
    /// Apply the reduced gradient: from the state before a step to the state after it.
    case update(Step)
    case evaluate(Step, Generation, blocks: [Int])
    /// Send the state of a step to the coordinator.
    case upload(Step)
    case note(WorkerNote)
    case end(WorkerOutcome)
}

/// Where a joiner gets a state from.
public enum StateSource: Sendable, Equatable {
    /// Any of these members, by the addresses of their donors.
    case members([String])
    /// The coordinator, which has the newest saved one; for step 0 it may be drawn from the seed.
    case coordinator
}

/// What people hear of a worker.
public enum WorkerNote: Sendable, Equatable {
    case joined(WorkerID)
    case began(Generation, state: Step, Rank, members: Int, slots: SlotSet, reason: String)
    /// Not part of the run any more, or of a new term of it not yet.
    case greeting(reason: String)
    case coordinatorSilent(Duration)
    case leaving(reason: String)
}

/// How a worker ended.
public enum WorkerOutcome: Sendable, Equatable {
    case completed
    /// The worker asked to leave, or was drained; the run goes on.
    case left(reason: String)
    /// The worker asked to leave a run whose coordinator had been silent for so long.
    case leftUnheard(silence: Duration, reason: String)
    /// The worker asked to leave before it had joined.
    case withdrew(reason: String)
    /// The coordinator stopped the run after this step, before its end.
    case stopped(Step, reason: String)
    /// The coordinator has been silent for so long that it is not waited for any more.
    case orphaned(silence: Duration)
    case refused(reason: String)
    case failed(reason: String)
}
