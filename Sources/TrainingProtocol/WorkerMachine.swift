/// A worker's side of the protocol as a value: events in, directives out, no I/O and no clock.
///
///     greeting ─▶ preparing ─▶ ready ─begin─▶ computing ─▶ reducing ─▶ awaiting commit ─▶ updating ─▶ computing …
///
/// The weights change in `updating` only, which a commit releases. So an abort anywhere else leaves the worker
/// with the state of the last commit, and an abort while updating waits for the update.
public struct WorkerMachine: Sendable {
    enum Phase: Sendable, Equatable {
        case greeting
        case preparing
        case ready
        case computing
        case reducing([SlotOutcome])
        case awaitingCommit
        /// Cannot go on until the coordinator aborts the generation.
        case stalled
        case updating(next: NextAction)
        case evaluating
        case halted
        case aborting
        case ended
    }

    private let hello: Hello
    /// The coordinator not heard from for so long is lost.
    private let silence: Duration
    private let heartbeatEvery: Duration

    private(set) var phase = Phase.greeting
    private var run = RunID(0)
    private var term = Term(0)
    private var generation = Generation(0)
    /// The step whose state this worker holds.
    private var state = Step(0)
    private var rank = Rank(0)
    private var members = 0
    private var slots = 0..<0
    private var slotsDone = 0
    private var lastHeard: Duration?
    private var lastBeat: Duration?

    public init(hello: Hello, silence: Duration, heartbeatEvery: Duration) {
        self.hello = hello
        self.silence = silence
        self.heartbeatEvery = heartbeatEvery
    }

    /// The first words.
    public mutating func start(now: Duration) -> [WorkerDirective] {
        lastHeard = now
        return [send(.hello(hello))]
    }

    /// Whether nothing more is to come.
    public var hasEnded: Bool { phase == .ended }

    /// What to do about an event.
    /// - Parameter now: Time since any fixed moment; never goes back.
    public mutating func on(_ event: WorkerEvent, now: Duration) -> [WorkerDirective] {
        guard phase != .ended else { return [] }
        switch event {
        case .received(let message):
            return receive(message, now: now)
        case .prepared(let step, let readiness):
            guard phase == .preparing else { return [] }
            state = step
            phase = .ready
            return [send(.ready(readiness))]
        case .computed(let step, let outcomes):
            guard phase == .computing, step == state.next else { return [] }
            phase = .reducing(outcomes)
            return [.reduce(step, generation)]
        case .reduced(let step, let digest, let times):
            guard case .reducing(let outcomes) = phase, step == state.next else { return [] }
            phase = .awaitingCommit
            let report = StepReport(digest: digest, slots: outcomes, times: times)
            return [send(.reduced(report), about: step)]
        case .updated(let step):
            return updated(step)
        case .evaluated(let step, let blocks):
            guard phase == .evaluating, step == state else { return [] }
            phase = .halted
            return [send(.evaluated(blocks))]
        case .stalled(let step, let reason):
            guard case .reducing = phase, step == state.next else { return [] }
            phase = .stalled
            return [send(.stalled(reason: reason), about: step)]
        case .aborted(let generation):
            guard phase == .aborting, generation == self.generation else { return [] }
            phase = .halted
            return [send(.halted)]
        case .failed(let reason):
            return end(.failed(reason: reason), saying: .failed(reason: reason))
        case .leaveRequested(let reason):
            return end(.stopped(reason: reason), saying: .leaving(reason: reason))
        case .progress(let slotsDone):
            self.slotsDone = slotsDone
            return []
        case .tick:
            return tick(now: now)
        }
    }

    private mutating func receive(
        _ message: Stamped<CoordinatorMessage>, now: Duration
    ) -> [WorkerDirective] {
        if phase == .greeting {
            lastHeard = now
            return greet(message)
        }
        guard message.run == run, message.term == term, message.generation >= generation else {
            return []
        }
        lastHeard = now
        switch message.body {
        case .welcome, .refusal, .alive:
            return []
        case .begin(let members, let rank, let next):
            return begin(message.generation, members, rank, next)
        case .commit(_, let next):
            guard phase == .awaitingCommit, message.generation == generation,
                message.step == state.next
            else { return [] }
            phase = .updating(next: next)
            return [.update(message.step)]
        case .proceed(let next):
            guard phase == .halted, message.step == state else { return [] }
            return perform(next)
        case .save:
            return [.upload(message.step)]
        case .abort(let reason):
            return abort(message.generation, reason)
        case .finish(let completed, let reason):
            phase = .ended
            return [.end(completed ? .completed : .stopped(reason: reason))]
        }
    }

    private mutating func greet(_ message: Stamped<CoordinatorMessage>) -> [WorkerDirective] {
        switch message.body {
        case .welcome(let worker, let introduction):
            run = message.run
            term = message.term
            generation = message.generation
            phase = .preparing
            return [.note(.joined(worker)), .prepare(run, term, message.step, introduction)]
        case .refusal(let reason):
            phase = .ended
            return [.end(.refused(reason: reason))]
        case .finish(_, let reason):
            phase = .ended
            return [.end(.stopped(reason: reason))]
        default:
            return []
        }
    }

    private mutating func begin(
        _ generation: Generation, _ members: [Member], _ rank: Rank, _ next: NextAction
    ) -> [WorkerDirective] {
        guard phase == .ready, members.indices.contains(rank.rawValue) else { return [] }
        self.generation = generation
        self.rank = rank
        self.members = members.count
        slots = members[rank.rawValue].slots
        return [
            .adopt(generation, members: members, rank: rank),
            .note(.began(rank, members: members.count, slots: slots)),
        ] + perform(next)
    }

    private mutating func perform(_ next: NextAction) -> [WorkerDirective] {
        switch next {
        case .step:
            phase = .computing
            slotsDone = 0
            return [.compute(state.next, generation, slots: slots)]
        case .evaluate:
            phase = .evaluating
            return [.evaluate(state, generation, rank: rank, members: members)]
        case .halt:
            phase = .halted
            return []
        }
    }

    private mutating func updated(_ step: Step) -> [WorkerDirective] {
        switch phase {
        case .updating(let next) where step == state.next:
            state = step
            return perform(next)
        case .aborting where step == state.next:
            // The commit came before the abort: the state is the committed one.
            state = step
            return []
        default:
            return []
        }
    }

    private mutating func abort(
        _ generation: Generation, _ reason: String
    ) -> [WorkerDirective] {
        guard generation > self.generation else { return [] }
        self.generation = generation
        phase = .aborting
        return [.note(.aborted(reason: reason)), .abort(generation)]
    }

    private mutating func tick(now: Duration) -> [WorkerDirective] {
        let heard = lastHeard ?? now
        lastHeard = heard
        if now - heard > silence {
            if phase == .greeting {
                phase = .ended
                return [
                    .end(
                        .failed(
                            reason:
                                "nobody answers at this address; take the one that the coordinator prints"
                        ))
                ]
            }
            let reason = "the coordinator was not heard from for \((now - heard).secondsText)"
            return end(.stopped(reason: reason), saying: .leaving(reason: reason))
        }
        // A greeting is answered at once or by nobody: there is no run to send heartbeats to yet.
        guard phase != .greeting, now - (lastBeat ?? .zero) >= heartbeatEvery else { return [] }
        lastBeat = now
        return [send(.heartbeat(phase: phase.name, slotsDone: slotsDone))]
    }

    // MARK: Sending

    private func send(_ body: WorkerMessage, about step: Step? = nil) -> WorkerDirective {
        .send(
            Stamped(run: run, term: term, generation: generation, step: step ?? state, body: body))
    }

    private mutating func end(
        _ outcome: WorkerOutcome, saying last: WorkerMessage
    ) -> [WorkerDirective] {
        let word = send(last)
        phase = .ended
        return [word, .end(outcome)]
    }
}

extension WorkerMachine.Phase {
    /// For people and heartbeats.
    var name: String {
        switch self {
        case .greeting: "greeting"
        case .preparing: "preparing"
        case .ready: "ready"
        case .computing: "computing"
        case .reducing: "reducing"
        case .awaitingCommit: "awaiting commit"
        case .stalled: "stalled"
        case .updating: "updating"
        case .evaluating: "evaluating"
        case .halted: "halted"
        case .aborting: "aborting"
        case .ended: "ended"
        }
    }
}
