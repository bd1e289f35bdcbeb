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
    var worker: WorkerID?
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

    var lastHeard: Duration?
    var lastBeat: Duration?
    var toldSilence = false
    var toldToWait: String?
    /// How long it looks for a coordinator that it has not met.
    let patience: Duration

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
    public internal(set) var hasEnded = false

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

    mutating func heard(at now: Duration) {
        lastHeard = now
        toldSilence = false
    }

    mutating func end(
        _ outcome: WorkerOutcome, saying last: WorkerMessage
    ) -> [WorkerDirective] {
        hasEnded = true
        return [send(last), .end(outcome)]
    }

    var mySlots: SlotSet? { deal.map { $0.members[$0.rank.rawValue].slots } }

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
