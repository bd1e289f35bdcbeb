/// A worker's side of the protocol as a value: events in, directives out, no I/O and no clock.
///
///     greeting ─▶ preparing ─▶ idle ─begin─▶ (loading) ─▶ computing ─▶ reducing ─▶ awaiting commit ─▶ updating ─▶ computing …
///
/// The weights change in `updating` only, which a commit releases. A generation may begin anywhere: what is finished
/// of the step under way stays, and only what is missing for the new deal is done. A coordinator that is gone changes
/// nothing: the worker goes on as far as it can, keeps what it has, and says hello to the next one.
public struct WorkerMachine: Sendable {
    let hello: Hello
    /// Of the run, once it is known.
    public internal(set) var deadlines = Deadlines.standard

    var activity = Activity.greeting
    var attempt: UInt32 = 0
    var hasJoined = false
    var run = RunID(0)
    /// Its newest number in the run.
    private var worker: WorkerID?
    /// What the run was when this worker last joined.
    var introduction: Introduction?
    var term = Term(0)
    var generation = Generation(0)
    /// The step whose state this worker holds.
    var holds: Step?
    /// The generation that it takes part in.
    var deal: Deal?
    var base = Step(0)
    /// What is next once the update, or the load, under way is done.
    var next = NextAction.halt
    /// Of the step after the state, by slot.
    var outcomes: [Int: SlotOutcome] = [:]
    /// Of the step after the state.
    var reduced: Digest?
    /// A generation that began while the state changed.
    var waiting: Stamped<Deal>?
    /// Said again with every heartbeat until it has an effect.
    var lastWord: Stamped<WorkerMessage>?
    /// Likewise, until the generation's first commit.
    var attestation: Stamped<WorkerMessage>?
    var awaiting: Awaiting?
    var leaving: (reason: String, since: Duration)?

    private var lastHeard: Duration?
    private var lastBeat: Duration?
    private var toldSilence = false
    private var toldToWait: String?
    /// How long it looks for a coordinator that it has not met.
    private let patience: Duration

    /// - Parameter patience: How long it looks for a coordinator that does not answer at first; nil: as the deadlines
    ///   say.
    public init(hello: Hello, patience: Duration? = nil) {
        self.hello = hello
        self.patience = max(patience ?? .zero, Deadlines.standard.greeting)
    }

    /// The first words.
    public mutating func start(now: Duration) -> [WorkerDirective] {
        lastHeard = now
        lastBeat = now
        return greet()
    }

    /// Whether nothing more is to come.
    public private(set) var hasEnded = false

    /// What to do about an event.
    /// - Parameter now: Time since any fixed moment; never goes back.
    public mutating func on(_ event: WorkerEvent, now: Duration) -> [WorkerDirective] {
        guard !hasEnded else { return [] }
        switch event {
        case .received(let message):
            return receive(message, now: now)
        case .failed(let reason):
            return end(.failed(reason: reason), saying: .failed(reason: reason))
        case .leaveRequested(let reason):
            return leave(reason, now: now)
        case .awaiting(let awaiting):
            self.awaiting = awaiting
            return []
        case .tick:
            return tick(now: now)
        default:
            return carried(event)
        }
    }

    private mutating func receive(
        _ message: Stamped<CoordinatorMessage>, now: Duration
    ) -> [WorkerDirective] {
        switch message.body {
        case .welcome, .refusal, .unknown:
            return introduce(message, now: now)
        case .answer(accepted: false, let text) where activity == .greeting:
            heard(at: now)
            guard toldToWait != text else { return [] }
            toldToWait = text
            return [.note(.greeting(reason: text))]
        case .finish(_, let reason) where activity == .greeting && !hasJoined:
            hasEnded = true
            return [.end(.stopped(message.step, reason: reason))]
        default:
            break
        }
        guard message.run == run, message.term == term, activity != .greeting else { return [] }
        heard(at: now)
        switch message.body {
        case .begin(let deal):
            return begin(
                Stamped(
                    run: run, term: term, generation: message.generation, step: message.step,
                    body: deal))
        case .commit(let digest, let next):
            return commit(message, digest, next)
        case .proceed(let next):
            guard activity == .halted, message.generation == generation, message.step == holds
            else { return [] }
            return perform(next)
        case .save:
            return message.step == holds || message.step == holds?.next
                ? [.upload(message.step)] : []
        case .finish(let ending, let reason):
            hasEnded = true
            switch ending {
            case .completed: return [.end(.completed)]
            case .released: return [.end(.left(reason: reason))]
            case .stopped: return [.end(.stopped(message.step, reason: reason))]
            }
        case .welcome, .refusal, .unknown, .answer, .alive:
            return []
        }
    }

    private mutating func heard(at now: Duration) {
        lastHeard = now
        toldSilence = false
    }

    // MARK: Joining

    private mutating func introduce(
        _ message: Stamped<CoordinatorMessage>, now: Duration
    ) -> [WorkerDirective] {
        switch message.body {
        case .welcome(let worker, let introduction):
            guard activity == .greeting else { return [] }
            heard(at: now)
            // The same run with another configuration, as with more steps, is met anew.
            let isSame = self.introduction?.describesSameRun(as: introduction) ?? false
            if message.run != run || !isSame { forget() }
            self.introduction = introduction
            run = message.run
            self.worker = worker
            term = message.term
            generation = message.generation
            deadlines = introduction.deadlines
            hasJoined = true
            activity = .preparing
            lastWord = nil
            toldToWait = nil
            return [.note(.joined(worker)), .prepare(run, term, introduction)]
        case .refusal(let reason):
            guard activity == .greeting || activity == .preparing || activity == .idle else {
                return []
            }
            hasEnded = true
            return [.end(.refused(reason: reason))]
        case .unknown(let reason):
            // A term that has ended knows nobody either.
            guard activity != .greeting, message.run == run, message.term >= term else { return [] }
            if let leaving {
                hasEnded = true
                return [.end(.left(reason: leaving.reason))]
            }
            heard(at: now)
            return [.note(.greeting(reason: reason))] + greet()
        default:
            return []
        }
    }

    private mutating func greet() -> [WorkerDirective] {
        attempt += 1
        activity = .greeting
        deal = nil
        waiting = nil
        attestation = nil
        var words = hello
        words.attempt = attempt
        words.worker = worker
        let directives = say(.hello(words))
        // Whatever the hands do belongs to no generation any more.
        return hasJoined ? [.interrupt(generation.next)] + directives : directives
    }

    /// Another run's state is worth nothing.
    private mutating func forget() {
        holds = nil
        outcomes = [:]
        reduced = nil
    }

    // MARK: Time

    private mutating func tick(now: Duration) -> [WorkerDirective] {
        let heard = lastHeard ?? now
        lastHeard = heard
        var directives: [WorkerDirective] = []
        if let leaving, now - leaving.since > deadlines.leaving || isSilent(at: now) {
            return leaveAtOnce(leaving.reason, now: now)
        }
        if !hasJoined, now - heard > patience {
            let reason =
                "nobody answers at this address; take the one that the coordinator prints"
            hasEnded = true
            return [.end(.failed(reason: reason))]
        }
        if now - heard > deadlines.orphan {
            let reason = "its coordinator was not heard from for \((now - heard).secondsText)"
            return end(.orphaned(silence: now - heard), saying: .leaving(reason: reason))
        }
        if !toldSilence, isSilent(at: now) {
            toldSilence = true
            directives.append(.note(.coordinatorSilent(now - heard)))
        }
        guard now - (lastBeat ?? .zero) >= deadlines.heartbeat else { return directives }
        lastBeat = now
        if activity != .greeting {
            let progress = Progress(
                activity: activity, holds: holds, finished: finishedSlots,
                awaiting: activity.hasProgress ? awaiting : nil)
            directives.append(send(.heartbeat(progress)))
        }
        if let attestation { directives.append(.send(attestation)) }
        if let lastWord { directives.append(.send(lastWord)) }
        if let leaving, activity != .greeting {
            directives.append(send(.leaving(reason: leaving.reason)))
        }
        return directives
    }

    private var finishedSlots: SlotSet {
        guard let slots = mySlots else { return SlotSet() }
        return SlotSet(slots.slots.filter { outcomes[$0] != nil })
    }

    var mySlots: SlotSet? { deal.map { $0.members[$0.rank.rawValue].slots } }

    // MARK: Leaving

    private mutating func leave(_ reason: String, now: Duration) -> [WorkerDirective] {
        // Nobody waits for one who has no part in a step; and who asks twice does not want to wait.
        guard leaving == nil, hasJoined, deal != nil, activity != .greeting, !isSilent(at: now)
        else { return leaveAtOnce(reason, now: now) }
        leaving = (reason, now)
        return [.note(.leaving(reason: reason)), send(.leaving(reason: reason))]
    }

    private mutating func leaveAtOnce(_ reason: String, now: Duration) -> [WorkerDirective] {
        let outcome: WorkerOutcome =
            if !hasJoined {
                .withdrew(reason: reason)
            } else if isSilent(at: now) {
                .leftUnheard(silence: now - (lastHeard ?? now), reason: reason)
            } else {
                .left(reason: reason)
            }
        return end(outcome, saying: .leaving(reason: reason))
    }

    /// Whether a coordinator that it has joined may be gone: nobody tells how the run goes on.
    private func isSilent(at now: Duration) -> Bool {
        hasJoined && now - (lastHeard ?? now) > deadlines.silence
    }

    private mutating func end(
        _ outcome: WorkerOutcome, saying last: WorkerMessage
    ) -> [WorkerDirective] {
        hasEnded = true
        return [send(last), .end(outcome)]
    }

    // MARK: Sending

    func stamp(_ body: WorkerMessage, about step: Step? = nil) -> Stamped<WorkerMessage> {
        Stamped(
            run: run, term: term, generation: generation, step: step ?? holds ?? Step(0),
            body: body)
    }

    func send(_ body: WorkerMessage, about step: Step? = nil) -> WorkerDirective {
        .send(stamp(body, about: step))
    }

    /// Sends what is said again until it has an effect.
    mutating func say(_ body: WorkerMessage, about step: Step? = nil) -> [WorkerDirective] {
        let word = stamp(body, about: step)
        lastWord = word
        return [.send(word)]
    }
}
