/// A message and where in the run it belongs.
public struct Stamped<Body: Sendable & Equatable>: Sendable, Equatable {
    public var run: RunID
    public var term: Term
    public var generation: Generation
    /// The step that the message is about.
    public var step: Step
    public var body: Body

    public init(run: RunID, term: Term, generation: Generation, step: Step, body: Body) {
        self.run = run
        self.term = term
        self.generation = generation
        self.step = step
        self.body = body
    }
}

/// What a worker tells the coordinator. While it waits for an answer, it repeats its last word with every heartbeat.
public enum WorkerMessage: Sendable, Equatable {
    case hello(Hello)
    /// The worker knows the run and can take part.
    case ready(Readiness)
    /// Of every bit of the state of the stamp's step, with which the worker goes into the generation.
    case attested(Digest)
    /// The worker holds the reduced gradient of the stamp's step.
    case reduced(StepReport)
    /// All blocks of the evaluation of the stamp's step that the worker was dealt.
    case evaluated([BlockOutcome])
    /// A slot of the stamp's step that more than one worker computes is finished here.
    case witnessed(Slot, Digest)
    case heartbeat(Progress)
    /// The worker cannot go on with the stamp's step, and waits for another generation.
    /// - Parameter accused: The member that the connection which broke, or never stood, goes to.
    case stalled(reason: String, accused: Rank?)
    case failed(reason: String)
    /// The worker asks to be let go at the end of a step.
    case leaving(reason: String)
    /// From an operator, not a worker: let this one go at the end of the step.
    case drain(WorkerID)
    /// From an operator: end the run after the step under way.
    case stop(reason: String)
    /// From an operator: how is the run? The coordinator's shell answers, for it knows more than the machine.
    case inquire
}

/// What the coordinator tells a worker.
public enum CoordinatorMessage: Sendable, Equatable {
    case welcome(WorkerID, Introduction)
    case refusal(reason: String)
    /// Whoever this reaches has no part in this term: it may say hello.
    case unknown(reason: String)
    /// A generation begins from the state of the stamp's step. What is finished of the next step stays.
    case begin(Deal)
    /// The stamp's step is agreed on and durable: apply the update, then do what is next.
    case commit(digest: Digest, next: NextAction)
    case proceed(next: NextAction)
    /// Upload the state of the stamp's step.
    case save
    case finish(Ending, reason: String)
    /// To an operator.
    case answer(accepted: Bool, text: String)
    case alive
}

/// What ends for a worker that is told to finish.
public enum Ending: Sendable, Equatable, CaseIterable {
    /// The run is complete.
    case completed
    /// The run stops after the stamp's step.
    case stopped
    /// This worker's part alone; the run goes on.
    case released
}

/// What a worker does when it has the state of a step.
public enum NextAction: Sendable, Equatable {
    case step
    case evaluate(blocks: [Int])
    /// Wait for what is said next.
    case halt
}

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

/// A worker's first words.
public struct Hello: Sendable, Equatable {
    public var protocolVersion: UInt32
    public var profile: [ProfileEntry]
    public var host: String
    public var process: Int64
    public var threads: Int
    /// Set where the coordinator itself started the process, which finds it in `launchVariable`.
    public var launchToken: String
    /// Rises with every time that this worker begins anew; a repeated hello has that of the first.
    public var attempt: UInt32
    /// The number that it had in the run of the stamp, where it was a worker of it before; for people.
    public var worker: WorkerID?

    /// Where a coordinator leaves the launch token for a worker that it starts: in the process's environment.
    public static let launchVariable = "LOCKSTEP_LAUNCH_TOKEN"

    public init(
        protocolVersion: UInt32, profile: [ProfileEntry], host: String, process: Int64,
        threads: Int, launchToken: String, attempt: UInt32 = 0, worker: WorkerID? = nil
    ) {
        self.protocolVersion = protocolVersion
        self.profile = profile
        self.host = host
        self.process = process
        self.threads = threads
        self.launchToken = launchToken
        self.attempt = attempt
        self.worker = worker
    }
}

/// What a worker brings when it can take part.
public struct Readiness: Sendable, Equatable {
    /// Of the network's parameters by name and shape; all workers' must agree.
    public var model: Digest
    /// Where the other workers' gradients reach this one.
    public var gradientAddress: String
    /// Where joiners get the state from this one.
    public var stateAddress: String
    /// What it has from an earlier term or membership.
    public var holding: Holding?

    public init(
        model: Digest, gradientAddress: String, stateAddress: String, holding: Holding? = nil
    ) {
        self.model = model
        self.gradientAddress = gradientAddress
        self.stateAddress = stateAddress
        self.holding = holding
    }
}

/// A state, and how far the step after it is.
public struct Holding: Sendable, Equatable {
    /// The step whose state it is.
    public var step: Step
    /// Slots of the next step whose sums are held.
    public var finished: SlotSet
    /// Of the next step's reduced gradient, where that is held.
    public var reduced: Digest?

    public init(step: Step, finished: SlotSet = SlotSet(), reduced: Digest? = nil) {
        self.step = step
        self.finished = finished
        self.reduced = reduced
    }
}

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

/// What a worker needs to know of a run before it can take part.
public struct Introduction: Sendable, Equatable {
    /// The resolved configuration's text.
    public var configuration: String
    /// Where clips are served and states are exchanged.
    public var dataAddress: String
    public var dataset: DatasetSummary
    /// The run's time-outs.
    public var deadlines: Deadlines

    public init(
        configuration: String, dataAddress: String, dataset: DatasetSummary,
        deadlines: Deadlines = .standard
    ) {
        self.configuration = configuration
        self.dataAddress = dataAddress
        self.dataset = dataset
        self.deadlines = deadlines
    }

    /// Whether both are of one run that goes on as it was: addresses may change, what is trained and how far may not.
    public func describesSameRun(as other: Introduction) -> Bool {
        configuration == other.configuration && dataset == other.dataset
    }
}

/// A clip dataset without its clips.
public struct DatasetSummary: Sendable, Equatable {
    public var digest: Digest
    public var classNames: [String]
    public var splits: [SplitSummary]

    public init(digest: Digest, classNames: [String], splits: [SplitSummary]) {
        self.digest = digest
        self.classNames = classNames
        self.splits = splits
    }
}

/// A split's clips: (samples, frames, height, width, 3).
public struct SplitSummary: Sendable, Equatable {
    public var name: String
    public var samples: Int
    public var frames: Int
    public var height: Int
    public var width: Int

    public init(name: String, samples: Int, frames: Int, height: Int, width: Int) {
        self.name = name
        self.samples = samples
        self.frames = frames
        self.height = height
        self.width = width
    }
}

/// One property of a numerics profile: what fixes the bits of a kernel.
public struct ProfileEntry: Sendable, Equatable, Codable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
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

/// What a slot's forward pass came to.
public struct SlotOutcome: Sendable, Equatable {
    public var slot: Slot
    public var samples: Int
    /// Sum of the samples' losses.
    public var lossSum: Double
    public var correct: Int

    public init(slot: Slot, samples: Int, lossSum: Double, correct: Int) {
        self.slot = slot
        self.samples = samples
        self.lossSum = lossSum
        self.correct = correct
    }
}

/// A worker's account of a step.
public struct StepReport: Sendable, Equatable {
    public var digest: Digest
    public var slots: [SlotOutcome]
    public var times: PhaseTimes

    public init(digest: Digest, slots: [SlotOutcome], times: PhaseTimes) {
        self.digest = digest
        self.slots = slots
        self.times = times
    }
}

/// How long a worker spent in each phase of a step.
public struct PhaseTimes: Sendable, Equatable {
    public var waitingForClips: Duration
    public var computing: Duration
    public var reducing: Duration
    /// Of the update before this step.
    public var updating: Duration

    public init(
        waitingForClips: Duration = .zero, computing: Duration = .zero, reducing: Duration = .zero,
        updating: Duration = .zero
    ) {
        self.waitingForClips = waitingForClips
        self.computing = computing
        self.reducing = reducing
        self.updating = updating
    }
}

/// What one block of an evaluation came to.
public struct BlockOutcome: Sendable, Equatable {
    public var block: Int
    public var samples: Int
    /// Sum of the samples' losses.
    public var lossSum: Double
    public var top1: Int
    public var top5: Int

    public init(block: Int, samples: Int, lossSum: Double, top1: Int, top5: Int) {
        self.block = block
        self.samples = samples
        self.lossSum = lossSum
        self.top1 = top1
        self.top5 = top5
    }
}

/// The version of the messages; a worker of another one is refused.
public let protocolVersion: UInt32 = 3
