/// What a coordinator knows of its run at a moment, for people: nothing is decided by it.
public struct CoordinatorOverview: Sendable, Equatable {
    public enum Phase: String, Sendable, Equatable, Codable {
        /// Waiting for workers.
        case gathering
        case training, evaluating
        /// The state is being saved, and the run or its last members go.
        case saving
        case ended
    }

    /// A worker that has joined.
    public struct Worker: Sendable, Equatable {
        public var worker: WorkerID
        public var host: String
        public var process: Int64
        public var threads: Int
        /// Whether it has a part in the generation; if not, it waits for the next one.
        public var isMember: Bool
        public var activity: Activity
        public var slots: SlotSet
        /// Slots of the step under way that are done.
        public var finished: SlotSet
        /// How far a reduction, a load or an evaluation is.
        public var awaiting: Awaiting?
        /// Smoothed seconds for a slot.
        public var pace: Double?
        /// How long nothing has been heard from it.
        public var silence: Duration
        public var leaving: String?

        public init(
            worker: WorkerID, host: String, process: Int64, threads: Int, isMember: Bool,
            activity: Activity, slots: SlotSet, finished: SlotSet, awaiting: Awaiting?,
            pace: Double?, silence: Duration, leaving: String?
        ) {
            self.worker = worker
            self.host = host
            self.process = process
            self.threads = threads
            self.isMember = isMember
            self.activity = activity
            self.slots = slots
            self.finished = finished
            self.awaiting = awaiting
            self.pace = pace
            self.silence = silence
            self.leaving = leaving
        }
    }

    public var phase: Phase
    public var generation: Generation
    /// The step whose state the members have.
    public var committed: Step
    public var saved: Step
    public var stopReason: String?
    /// In the order of joining.
    public var workers: [Worker]

    public init(
        phase: Phase, generation: Generation, committed: Step, saved: Step, stopReason: String?,
        workers: [Worker]
    ) {
        self.phase = phase
        self.generation = generation
        self.committed = committed
        self.saved = saved
        self.stopReason = stopReason
        self.workers = workers
    }
}

extension CoordinatorMachine {
    /// How the run is. It takes time in proportion to the number of workers.
    ///
    /// - Parameter now: As for `on`.
    public func overview(now: Duration) -> CoordinatorOverview {
        CoordinatorOverview(
            phase: overviewPhase, generation: generation, committed: committed, saved: saved,
            stopReason: stopReason,
            workers: peers.map { peer in
                CoordinatorOverview.Worker(
                    worker: peer.worker, host: peer.hello.host, process: peer.hello.process,
                    threads: peer.hello.threads, isMember: peer.isMember,
                    activity: peer.progress?.activity
                        ?? (peer.readiness == nil ? .preparing : .idle),
                    slots: peer.slots, finished: peer.progress?.finished ?? SlotSet(),
                    awaiting: peer.progress?.awaiting, pace: peer.pace,
                    silence: max(.zero, now - peer.lastHeard), leaving: peer.leaving)
            })
    }

    private var overviewPhase: CoordinatorOverview.Phase {
        switch phase {
        case .gathering: .gathering
        case .stepping: .training
        case .evaluating: .evaluating
        case .parting, .closing: .saving
        case .ended: .ended
        }
    }
}
