/// The coordinator's side of the protocol as a value: events in, directives out, no I/O and no clock.
///
///     gathering ──workers ready──▶ stepping ⇄ evaluating ──last step or stop──▶ closing ──saved──▶ ended
///         ▲                            │ ▲
///         └── nobody is left ──────────┘ └── a member is lost, late, joins or leaves: the next generation
///
/// A step is committed when every member reports the same digest of its reduced gradient and the journal holds
/// the record; only then is the update released. So no worker ever applies a step that another could lose. A generation
/// is a set of members and a deal of the slots; any change is a new one, also in the middle of a step: what is
/// finished of the step stays with those who finished it.
public struct CoordinatorMachine: Sendable {
    enum Phase: Sendable, Equatable {
        /// Waiting for workers.
        case gathering
        case stepping(Step)
        case evaluating
        /// Everyone who holds the state wants to leave: it is saved before.
        case parting
        /// Everyone is idle; what is left is to save the state.
        case closing
        case ended
    }

    let options: Options
    var phase = Phase.gathering
    var generation: Generation
    /// In the order of joining, which becomes the order of ranks. `add` and `remove` change who is among them.
    var peers: [Peer] = []
    /// Where a connection's peer stands in `peers`.
    var places: [ConnectionID: Int] = [:]
    /// The digest that the first member attested in this generation.
    var attestation: Digest?
    /// Peers before this one in `peers` have reported and attested, as far as they are members.
    var agreed = 0
    var profile: [ProfileEntry]?
    var isPinned: Bool
    /// When this generation began.
    var begun = Duration.zero
    /// Whether a generation has begun in this term.
    var hasBegun = false
    /// The step that the members' state is of, or will be.
    var committed: Step
    /// The newest step in the journal; above `committed` where steps are computed again.
    var journaled: Step
    /// Digests of the journal's steps whose state is not saved.
    var known: [Step: Digest]
    var chain: Digest
    /// The newest step whose state can be had again: step 0's always can, from the seed.
    var saved: Step
    var saving: Saving?
    var savingSince = Duration.zero
    var savesAskedAgain = 0
    /// Who was asked for a state last and has not sent it: others are asked first.
    var passedOver: WorkerID?
    /// A save fell due while another was under way.
    var isSaveDue = false
    var nextWorker: WorkerID
    var stopReason: String?
    /// A fault that would come again: the run ends as failed, with its state saved.
    var fault: String?
    /// The step at which a worker last found a fault.
    var faultyStep: Step?
    /// Processes started here that ended without a part in the run, one after another.
    var failedLaunches = 0
    /// What members say that cannot go on.
    var stall: Stall?
    /// Those that were lost for what they would do again, if they came back at once.
    var rests: [Rest] = []
    /// Generations in a row that stalled in this step.
    var stalls = 0
    /// When the first worker of this gathering was ready.
    var gatheringSince: Duration?
    var lastAlive = Duration.zero
    var now = Duration.zero
    var contest = Contest()
    /// Seconds for a slot as someone last reported.
    var lastPace: Double?
    /// Steps in a row whose slots would have been dealt otherwise by speed.
    var unevenSteps = 0
    /// Whether someone who had no slots has just shown how fast it is now.
    var hasTriedSomeone = false
    /// Blocks of the evaluation under way that are in.
    var evaluated: [Int: BlockOutcome] = [:]
    /// Whether the committed state is to be evaluated, and is not yet.
    var isEvaluationDue = false

    public init(_ options: Options) {
        self.options = options
        profile = options.profile ?? options.expectedProfile
        isPinned = options.profile != nil
        generation = options.generation
        committed = options.start
        saved = options.start
        known = options.replayed
        journaled = options.replayed.keys.max() ?? options.start
        chain = options.chain
        nextWorker = options.lastWorker.next
    }

    /// Whether a connection belongs to a worker that has joined and is not lost.
    public func hasPeer(_ connection: ConnectionID) -> Bool {
        index(of: connection) != nil
    }

    /// Whether nothing more is to come.
    public var hasEnded: Bool { phase == .ended }

    /// What to do about an event.
    /// - Parameter now: Time since any fixed moment; never goes back.
    public mutating func on(
        _ event: CoordinatorEvent, now: Duration
    ) -> [CoordinatorDirective] {
        guard phase != .ended else { return [] }
        self.now = now
        switch event {
        case .received(let message, let connection):
            return receive(message, from: connection)
        case .disconnected(let connection, let reason):
            return lose([connection], reason: reason)
        case .allDisconnected(let connections, let reason):
            return lose(connections, reason: reason)
        case .launchFailed(let reason):
            return launchFailed(reason)
        case .journalFailed(let reason), .broken(let reason):
            return fail(reason)
        case .stateArrived(let step):
            return stateArrived(step)
        case .stateSaved(let step):
            return stateSaved(step)
        case .stateSaveFailed(let step, let reason):
            return stateSaveFailed(step, reason)
        case .stopRequested(let reason):
            return requestStop(reason)
        case .tick:
            return tick()
        }
    }

    private mutating func receive(
        _ message: Stamped<WorkerMessage>, from connection: ConnectionID
    ) -> [CoordinatorDirective] {
        switch message.body {
        case .hello(var hello):
            // A worker of another run that was at this address has a number there.
            if message.run != options.run { hello.worker = nil }
            return welcome(hello, from: connection)
        case .drain, .stop, .inquire: return asked(message, by: connection)
        default: break
        }
        guard message.run == options.run else { return [] }
        guard message.term == options.term, let index = index(of: connection) else {
            // Of an earlier term, or lost meanwhile: it may come again. Who leaves needs no answer.
            if case .leaving = message.body { return [] }
            if case .failed = message.body { return [] }
            let reason =
                message.term == options.term
                ? "this worker was lost" : "the coordinator was started again, term \(options.term)"
            return [.send(stamp(.unknown(reason: reason)), to: connection)]
        }
        peers[index].lastHeard = now
        let old = peers[index].isMember && message.generation < generation
        switch message.body {
        case .hello, .drain, .stop, .inquire:
            return []
        case .heartbeat(let progress):
            return heard(index, progress, isOld: old)
        case .ready(let readiness):
            return ready(index, readiness)
        case .attested(let digest):
            return old || !peers[index].isMember ? [] : attested(index, message, digest)
        case .reduced(let report):
            return old ? [] : reduced(index, message, report)
        case .evaluated(let blocks):
            return old ? [] : evaluated(index, message, blocks)
        case .witnessed(let slot, let digest):
            return witnessed(index, message, slot, digest)
        case .stalled(let reason, let accused):
            return old ? [] : stalled(index, message, reason: reason, accused: accused)
        case .failed(let reason):
            return lose(index, reason: reason, isFault: true)
        case .leaving(let reason):
            return leaves(index, reason)
        }
    }

    // MARK: Sending

    func stamp(_ body: CoordinatorMessage, step: Step? = nil) -> Stamped<CoordinatorMessage> {
        Stamped(
            run: options.run, term: options.term, generation: generation, step: step ?? committed,
            body: body)
    }

    func broadcast(_ body: CoordinatorMessage) -> [CoordinatorDirective] {
        peers.map { .send(stamp(body), to: $0.connection) }
    }
}
