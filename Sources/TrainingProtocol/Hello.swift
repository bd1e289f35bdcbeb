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
