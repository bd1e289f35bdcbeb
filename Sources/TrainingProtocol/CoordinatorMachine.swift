/// The coordinator's side of the protocol as a value: events in, directives out, no I/O and no clock.
///
///     gathering ──everyone ready──▶ stepping ⇄ evaluating ──last step or stop──▶ closing ──saved──▶ ended
///                                      └── a worker is lost ──▶ halting ──survivors idle──┘
///
/// A step is committed when every member reports the same digest of its reduced gradient and the journal holds
/// the record; only then is the update released. So no worker ever applies a step that another could lose.
public struct CoordinatorMachine: Sendable {
    /// What a coordinator is told about its run.
    public struct Options: Sendable {
        public var run: RunID
        public var term: Term
        public var schedule: StepSchedule
        /// What every worker is told when it joins.
        public var introduction: Introduction
        /// The step whose state the run starts from: 0, or a checkpoint's.
        public var start: Step
        /// The run begins as soon as this many workers are ready.
        public var workers: Int
        /// The numerics profile that the run is pinned to, where it has begun before.
        public var profile: [ProfileEntry]?
        /// Digests of steps after `start` that were committed in an earlier term: they must come out the same.
        public var replayed: [Step: Digest]
        /// Save the state after every so many steps; nil: only at the end.
        public var saveEvery: Int?
        /// Evaluate after every so many epochs, and at the end; nil: at the end only.
        public var evaluateEvery: Int?
        /// Blocks that an evaluation is cut into; 0: there is nothing to evaluate.
        public var evaluationBlocks: Int
        /// A worker not heard from for so long is lost.
        public var silence: Duration
        /// How often to show the workers that the coordinator lives.
        public var aliveEvery: Duration

        public init(
            run: RunID, term: Term, schedule: StepSchedule, introduction: Introduction, start: Step,
            workers: Int,
            profile: [ProfileEntry]? = nil, replayed: [Step: Digest] = [:], saveEvery: Int? = nil,
            evaluateEvery: Int? = nil, evaluationBlocks: Int = 0, silence: Duration,
            aliveEvery: Duration
        ) {
            self.run = run
            self.term = term
            self.schedule = schedule
            self.introduction = introduction
            self.start = start
            self.workers = workers
            self.profile = profile
            self.replayed = replayed
            self.saveEvery = saveEvery
            self.evaluateEvery = evaluateEvery
            self.evaluationBlocks = evaluationBlocks
            self.silence = silence
            self.aliveEvery = aliveEvery
        }
    }

    /// A worker that has said hello.
    struct Peer: Sendable {
        let worker: WorkerID
        let connection: ConnectionID
        let hello: Hello
        var lastHeard: Duration
        var ready: Readiness?
        var slots: Range<Int> = 0..<0
        var report: StepReport?
        var blocks: [BlockOutcome]?
        var halted: Step?
    }

    enum Phase: Sendable, Equatable {
        case gathering
        case stepping(Step)
        case evaluating
        /// A member is lost: the survivors drop the step under way.
        case halting
        /// Everyone is idle; what is left is to save the state.
        case closing
        case ended
    }

    let options: Options
    var phase = Phase.gathering
    var generation = Generation(0)
    /// In the order of joining, which becomes the order of ranks.
    var peers: [Peer] = []
    var profile: [ProfileEntry]?
    /// The newest step that is agreed on and durable.
    var committed: Step
    /// The newest step whose state can be had again: step 0's always can, from the seed.
    var saved: Step
    var saving: (step: Step, by: WorkerID)?
    var nextWorker = WorkerID(1)
    var stopReason: String?
    /// A fault that would come again: the run ends as failed, with its state saved.
    var fault: String?
    /// The first word of a member that cannot go on, and when it came.
    var stall: (reason: String, since: Duration)?
    var lastAlive = Duration.zero

    public init(_ options: Options) {
        self.options = options
        profile = options.profile
        committed = options.start
        saved = options.start
    }

    /// Whether a connection belongs to a worker that has joined and is not lost.
    public func hasPeer(_ connection: ConnectionID) -> Bool {
        peers.contains { $0.connection == connection }
    }

    /// Whether nothing more is to come.
    public var hasEnded: Bool { phase == .ended }

    /// What to do about an event.
    /// - Parameter now: Time since any fixed moment; never goes back.
    public mutating func on(
        _ event: CoordinatorEvent, now: Duration
    ) -> [CoordinatorDirective] {
        guard phase != .ended else { return [] }
        switch event {
        case .received(let message, let connection):
            return receive(message, from: connection, now: now)
        case .disconnected(let connection, let reason):
            guard let index = peers.firstIndex(where: { $0.connection == connection }) else {
                return []
            }
            return lose(index, reason: reason)
        case .launchFailed(let reason):
            // Later on it is the end of a worker that was lost already.
            return phase == .gathering ? fail(reason) : []
        case .journalFailed(let reason), .broken(let reason):
            return fail(reason)
        case .stateSaved(let step):
            return stateSaved(step)
        case .stateSaveFailed(let step, let reason):
            return fail("the state of step \(step) could not be saved: \(reason)")
        case .stopRequested(let reason):
            return requestStop(reason)
        case .tick:
            return tick(now: now)
        }
    }

    private mutating func receive(
        _ message: Stamped<WorkerMessage>, from connection: ConnectionID, now: Duration
    ) -> [CoordinatorDirective] {
        if case .hello(let hello) = message.body {
            return welcome(hello, from: connection, now: now)
        }
        guard message.run == options.run, message.term == options.term,
            let index = peers.firstIndex(where: { $0.connection == connection })
        else { return [] }
        peers[index].lastHeard = now
        switch message.body {
        case .hello, .heartbeat:
            return []
        case .ready(let readiness):
            return ready(index, step: message.step, readiness)
        case .reduced(let report):
            return reduced(index, message, report)
        case .evaluated(let blocks):
            guard phase == .evaluating, message.generation == generation,
                message.step == committed
            else { return [] }
            peers[index].blocks = blocks
            return finishEvaluation()
        case .halted:
            guard message.generation == generation else { return [] }
            peers[index].halted = message.step
            return closeWhenIdle()
        case .stalled(let reason):
            return stalled(index, message, reason: reason, now: now)
        case .failed(let reason):
            return lose(index, reason: reason, isFault: true)
        case .leaving(let reason):
            return lose(index, reason: reason)
        }
    }

    /// A member's neighbour is gone. Who it was is mostly known a moment later, from the neighbour's own connection
    /// or process; only where nothing else comes is the step given up for this.
    private mutating func stalled(
        _ index: Int, _ message: Stamped<WorkerMessage>, reason: String, now: Duration
    ) -> [CoordinatorDirective] {
        guard phase == .stepping(message.step), message.generation == generation else { return [] }
        if stall == nil {
            let peer = peers[index]
            stall = ("worker \(peer.worker) (\(peer.hello.host)): \(reason)", now)
        }
        return []
    }

    private mutating func tick(now: Duration) -> [CoordinatorDirective] {
        var directives: [CoordinatorDirective] = []
        if case .stepping = phase, let stall, now - stall.since > options.silence {
            directives += abort(reason: stall.reason)
        }
        // One at a time: losing a peer changes the list.
        while phase != .ended,
            let index = peers.firstIndex(where: { now - $0.lastHeard > options.silence })
        {
            let silent = now - peers[index].lastHeard
            directives += lose(index, reason: "not heard from for \(silent.secondsText)")
        }
        if phase != .ended, now - lastAlive >= options.aliveEvery {
            lastAlive = now
            directives += broadcast(.alive)
        }
        return directives
    }

    // MARK: Sending

    func stamp(_ body: CoordinatorMessage) -> Stamped<CoordinatorMessage> {
        Stamped(
            run: options.run, term: options.term, generation: generation, step: committed,
            body: body)
    }

    func broadcast(_ body: CoordinatorMessage) -> [CoordinatorDirective] {
        peers.map { .send(stamp(body), to: $0.connection) }
    }
}

extension Duration {
    /// As `2.1 s`.
    var secondsText: String {
        let tenths =
            components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
