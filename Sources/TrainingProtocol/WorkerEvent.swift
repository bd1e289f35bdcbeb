/// What happens to a worker.
public enum WorkerEvent: Sendable, Equatable {
    case received(Stamped<CoordinatorMessage>)
    /// The state of a step is loaded, and everything is ready to compute.
    case prepared(Step, Readiness)
    case computed(Step, [SlotOutcome])
    case reduced(Step, Digest, PhaseTimes)
    case updated(Step)
    case evaluated(Step, [BlockOutcome])
    /// A step cannot go on, through no fault of this worker's; the coordinator will decide.
    case stalled(Step, reason: String)
    /// What was under way when the abort came has ended.
    case aborted(Generation)
    /// Something that this worker cannot mend.
    case failed(reason: String)
    /// Someone asks this worker to leave.
    case leaveRequested(reason: String)
    /// What the worker's hands are busy with, for the heartbeat.
    case progress(slotsDone: Int)
    /// Time passed.
    case tick
}

/// What a worker's shell is to do, in this order.
public enum WorkerDirective: Sendable, Equatable {
    case send(Stamped<WorkerMessage>)
    /// Fetch the state of a step from the coordinator, or draw it from the seed for step 0, and get ready.
    case prepare(RunID, Term, Step, Introduction)
    /// Know the others of a generation.
    case adopt(Generation, members: [Member], rank: Rank)
    /// Compute the gradients of the slots and add them up in the slot tree.
    case compute(Step, Generation, slots: Range<Int>)
    /// Exchange the subtree sums with the other members.
    case reduce(Step, Generation)
    /// Apply the reduced gradient: from the state before a step to the state after it.
    case update(Step)
    case evaluate(Step, Generation, rank: Rank, members: Int)
    /// Send the state of a step to the coordinator.
    case upload(Step)
    /// Drop what is under way, then say `aborted`.
    case abort(Generation)
    case note(WorkerNote)
    case end(WorkerOutcome)
}

/// What people hear of a worker.
public enum WorkerNote: Sendable, Equatable {
    case joined(WorkerID)
    case began(Rank, members: Int, slots: Range<Int>)
    case aborted(reason: String)
}

/// How a worker ended.
public enum WorkerOutcome: Sendable, Equatable {
    case completed
    /// The run stopped before its end, or the worker left it.
    case stopped(reason: String)
    case refused(reason: String)
    case failed(reason: String)
}
