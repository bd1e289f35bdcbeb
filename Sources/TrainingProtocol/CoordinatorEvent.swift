/// A connection of a peer, named by the shell that owns the socket.
public struct ConnectionID: Identifier {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What happens to a coordinator.
public enum CoordinatorEvent: Sendable, Equatable {
    case received(Stamped<WorkerMessage>, from: ConnectionID)
    /// The peer behind a connection is known to be gone.
    case disconnected(ConnectionID, reason: String)
    /// Several at once, as where a switch fails: the step goes on without all of them at once.
    case allDisconnected([ConnectionID], reason: String)
    /// A worker process that the coordinator started ended without a part in the run.
    case launchFailed(reason: String)
    /// An uploaded state is complete, and is being written.
    case stateArrived(Step)
    /// An uploaded state is complete and durable.
    case stateSaved(Step)
    case stateSaveFailed(Step, reason: String)
    /// A directive to append to the journal was not carried out, nor was any after it.
    case journalFailed(reason: String)
    /// A part of the coordinator that the run cannot do without has ended.
    case broken(reason: String)
    /// Someone asks for the run to end after the step under way.
    case stopRequested(reason: String)
    /// Time passed.
    case tick
}

/// What a coordinator's shell is to do, in this order. Where an append fails, what follows it is dropped.
public enum CoordinatorDirective: Sendable, Equatable {
    case send(Stamped<CoordinatorMessage>, to: ConnectionID)
    /// Write the record and make it durable before going on.
    case append(JournalRecord)
    case note(CoordinatorNote)
    case end(Outcome)
}

/// How a run ended.
public enum Outcome: Sendable, Equatable {
    case completed(Step)
    /// The state of `saved` is kept and the run can be resumed from there.
    case stopped(saved: Step, reason: String)
    case failed(reason: String)
}

/// What people and metrics hear of a run.
public enum CoordinatorNote: Sendable, Equatable {
    /// - Parameter before: The number that it had until it was lost, or in an earlier term.
    case joined(WorkerID, before: WorkerID?, host: String, threads: Int)
    case refused(host: String, reason: String)
    /// - Parameter takesOver: Whether it goes on with a step in the middle.
    case began(Generation, state: Step, members: [MemberEntry], takesOver: Bool, reason: String)
    /// A step was given up in the middle, for another generation to go on with.
    case aborted(BlameReport)
    case committed(CommitSummary)
    case evaluated(EvaluationSummary)
    case saving(Step, by: WorkerID)
    case saved(Step)
    /// The run goes on without this state on the disk.
    case saveFailed(Step, reason: String)
    case lost(WorkerID, reason: String)
    case left(WorkerID, reason: String)
    /// Nobody is left to go on, for now.
    case waiting(reason: String)
    /// The newest state is gone with those who held it: steps after this one are computed again.
    case rewound(from: Step, to: Step)
    case stopping(reason: String)
}

/// A committed step in numbers.
public struct CommitSummary: Sendable, Equatable {
    public var step: Step
    public var epoch: Epoch
    public var samples: Int
    /// Mean over the step's samples.
    public var loss: Double
    /// Share of the step's samples that were classified correctly.
    public var accuracy: Double
    /// What each member took, in rank order.
    public var times: [PhaseTimes]

    public init(
        step: Step, epoch: Epoch, samples: Int, loss: Double, accuracy: Double, times: [PhaseTimes]
    ) {
        self.step = step
        self.epoch = epoch
        self.samples = samples
        self.loss = loss
        self.accuracy = accuracy
        self.times = times
    }
}

/// An evaluation in numbers.
public struct EvaluationSummary: Sendable, Equatable {
    public var step: Step
    public var samples: Int
    /// Mean over the split's samples.
    public var loss: Double
    /// Shares of the split's samples, 0 to 1.
    public var top1: Double
    public var top5: Double
}
