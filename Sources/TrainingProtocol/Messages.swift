/// A message and where in the run it belongs.
public struct Stamped<Body: Sendable & Equatable>: Sendable, Equatable {
    public var run: RunID
    public var term: Term
    public var generation: Generation
    /// To a worker: the step that the message is about. From a worker: likewise, or the step whose state it holds.
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

/// What a worker tells the coordinator.
public enum WorkerMessage: Sendable, Equatable {
    case hello(Hello)
    /// The worker holds the state of the stamp's step.
    case ready(Readiness)
    /// The worker holds the reduced gradient of the stamp's step.
    case reduced(StepReport)
    case evaluated([BlockOutcome])
    /// The worker holds the state of the stamp's step, has dropped what it was doing, and waits.
    case halted
    case heartbeat(phase: String, slotsDone: Int)
    /// The worker cannot go on with the stamp's step, and waits for an abort.
    case stalled(reason: String)
    case failed(reason: String)
    case leaving(reason: String)
}

/// What the coordinator tells a worker.
public enum CoordinatorMessage: Sendable, Equatable {
    /// Prepare the state of the stamp's step.
    case welcome(WorkerID, Introduction)
    case refusal(reason: String)
    /// A generation begins from the state of the stamp's step.
    case begin(members: [Member], rank: Rank, next: NextAction)
    /// The stamp's step is agreed on and durable: apply the update, then do what is next.
    case commit(digest: Digest, next: NextAction)
    case proceed(next: NextAction)
    /// Upload the state of the stamp's step.
    case save
    case abort(reason: String)
    case finish(completed: Bool, reason: String)
    case alive
}

/// What a worker does when it has the state of a step.
public enum NextAction: Sendable, Equatable {
    case step
    case evaluate
    case halt
}

/// A worker's first words.
public struct Hello: Sendable, Equatable {
    public var protocolVersion: UInt32
    public var profile: [ProfileEntry]
    public var host: String
    public var process: Int64
    public var threads: Int
    /// Set where the coordinator itself started the process.
    public var launchToken: String

    public init(
        protocolVersion: UInt32, profile: [ProfileEntry], host: String, process: Int64,
        threads: Int, launchToken: String
    ) {
        self.protocolVersion = protocolVersion
        self.profile = profile
        self.host = host
        self.process = process
        self.threads = threads
        self.launchToken = launchToken
    }
}

/// What a worker holds when it can begin.
public struct Readiness: Sendable, Equatable {
    /// Of every bit of the state; all workers' must agree.
    public var weights: Digest
    /// Of the network's parameters by name and shape; all workers' must agree.
    public var model: Digest
    /// Where the other workers reach this one.
    public var gradientAddress: String

    public init(weights: Digest, model: Digest, gradientAddress: String) {
        self.weights = weights
        self.model = model
        self.gradientAddress = gradientAddress
    }
}

/// What a worker needs to know of a run before it can take part.
public struct Introduction: Sendable, Equatable {
    /// The resolved configuration's text.
    public var configuration: String
    /// Where clips are served and states are exchanged.
    public var dataAddress: String
    public var dataset: DatasetSummary

    public init(configuration: String, dataAddress: String, dataset: DatasetSummary) {
        self.configuration = configuration
        self.dataAddress = dataAddress
        self.dataset = dataset
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
    public var slots: Range<Int>
    public var gradientAddress: String

    public init(worker: WorkerID, slots: Range<Int>, gradientAddress: String) {
        self.worker = worker
        self.slots = slots
        self.gradientAddress = gradientAddress
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
public let protocolVersion: UInt32 = 1
