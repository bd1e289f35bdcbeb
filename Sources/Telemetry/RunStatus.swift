public import TrainingProtocol

/// A run at a moment, as `coordinator status`, the web page and programs see it. Nothing is decided by it.
public struct RunStatus: Sendable, Equatable, Codable {
    /// What stays the same for as long as one coordinator serves the run.
    public struct Identity: Sendable, Equatable, Codable {
        public var name: String
        /// The run's number, hexadecimal.
        public var run: String
        public var directory: String
        /// Of the coordinator.
        public var host: String
        public var process: Int32
        public var address: String
        /// Seconds since 1970.
        public var started: Double
        /// How many coordinators have served the run, this one included.
        public var term: UInt32

        public init(
            name: String, run: String, directory: String, host: String, process: Int32,
            address: String, started: Double, term: UInt32
        ) {
            self.name = name
            self.run = run
            self.directory = directory
            self.host = host
            self.process = process
            self.address = address
            self.started = started
            self.term = term
        }
    }

    public enum Phase: String, Sendable, Equatable, Codable {
        /// Waiting for workers.
        case gathering
        case training, evaluating, saving
        /// Ended by this coordinator, or by an earlier one: `outcome` says how.
        case ended
        /// No coordinator serves the run, and none has written that it ended: it was killed.
        case interrupted

        /// Whether nothing more is to come.
        public var isOver: Bool { self == .ended || self == .interrupted }
    }

    /// The whole way.
    public struct Extent: Sendable, Equatable, Codable {
        public var steps: UInt64
        public var epochs: Int
        /// Clips of a step.
        public var batch: Int
        public var slots: Int

        public init(steps: UInt64, epochs: Int, batch: Int, slots: Int) {
            self.steps = steps
            self.epochs = epochs
            self.batch = batch
            self.slots = slots
        }
    }

    /// How fast it goes, smoothed over some steps.
    public struct Pace: Sendable, Equatable, Codable {
        public var clipsPerSecond: Double
        public var secondsPerStep: Double
        /// Until the last step, evaluations aside.
        public var secondsLeft: Double
    }

    public var identity: Identity
    public var extent: Extent
    public var phase = Phase.gathering
    /// Why it waits, stops or ended.
    public var reason: String?
    /// The newest step that is agreed on and durable.
    public var step: UInt64
    /// Counted from 0.
    public var epoch: UInt64 = 0
    public var generation: UInt64 = 0
    /// The newest step whose state is on the disk.
    public var savedStep: UInt64
    /// Of the newest step: the mean over its clips, and the share that was classified correctly.
    public var loss: Double?
    public var accuracy: Double?
    public var evaluation: EvaluationPoint?
    /// Nil until a step is committed, also after workers had to be waited for.
    public var pace: Pace?
    /// Those that are there, in the order of joining, and then those that went last.
    public var workers: [WorkerStatus] = []
    /// The newest last.
    public var events: [RunEvent] = []

    public init(identity: Identity, extent: Extent, step: UInt64 = 0) {
        self.identity = identity
        self.extent = extent
        self.step = step
        savedStep = step
    }

    /// Members of the generation.
    public var members: Int { workers.count { $0.state == .member } }
    /// How much of the run is done, 0 to 1.
    public var share: Double { extent.steps == 0 ? 1 : Double(step) / Double(extent.steps) }
}

/// A worker as people see it.
public struct WorkerStatus: Sendable, Equatable, Codable {
    public enum State: String, Sendable, Equatable, Codable {
        case member
        /// It has joined, and has no part in a generation yet.
        case joining
        /// Gone without a word; `reason` says what was seen of it.
        case lost
        /// Gone as it should.
        case left
    }

    public var worker: UInt64
    public var host: String
    public var process: Int64
    public var threads: Int
    public var state: State
    public var activity: String
    /// As `0-3 7`.
    public var slots: String
    public var slotCount: Int
    /// Slots of the step under way that are done.
    public var finished: Int
    /// How far a reduction, a load or an evaluation is, 0 to 1.
    public var progress: Double?
    public var clipsPerSecond: Double?
    /// Seconds without a sign of life.
    public var silence: Double
    /// Of the newest step.
    public var times: PhaseSeconds?
    /// Why it goes or went.
    public var reason: String?
    /// When it went, seconds since 1970.
    public var gone: Double?
}

/// Seconds that a worker spent in each phase of a step.
public struct PhaseSeconds: Sendable, Equatable, Codable {
    /// Waiting for clips that had not come yet.
    public var stream: Double
    public var compute: Double
    public var reduce: Double
    /// Of the update before the step.
    public var update: Double

    public init(stream: Double, compute: Double, reduce: Double, update: Double) {
        self.stream = stream
        self.compute = compute
        self.reduce = reduce
        self.update = update
    }

    public init(_ times: PhaseTimes) {
        stream = times.waitingForClips.inSeconds
        compute = times.computing.inSeconds
        reduce = times.reducing.inSeconds
        update = times.updating.inSeconds
    }
}

/// Something that happened to a run.
public struct RunEvent: Sendable, Equatable, Codable {
    /// The kind of the last one of a run that failed.
    public static let failed = "failed"

    /// Rises by one with every event of a coordinator's life.
    public var number: Int
    /// Seconds since 1970.
    public var time: Double
    /// As in `metrics.jsonl`: `joined`, `lost`, `aborted`, `saved`...
    public var kind: String
    public var detail: String
}
