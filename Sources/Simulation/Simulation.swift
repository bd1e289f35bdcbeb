public import TrainingProtocol

/// A run of the real state machines on a virtual clock, network and disk, disturbed as its seed says.
///
/// Two modes, as in TigerBeetle's VOPR: while faults last, what must never happen is looked for after every event;
/// then the faults stop, and the run must come to its end. The same seed gives the same history to the last line.
public final class Simulation {
    enum Event {
        case coordinatorTick(life: Int)
        case workerTick(worker: Int, life: Int)
        case toCoordinator(from: SimulatedCoordinator.Peer, life: Int, Stamped<WorkerMessage>)
        case toWorker(SimulatedCoordinator.Peer, Stamped<CoordinatorMessage>)
        case disconnected(SimulatedCoordinator.Peer, life: Int)
        case sums(to: Int, life: Int, SumsMessage)
        case handsDone(worker: Int, life: Int, turn: Int, WorkerDirective)
        case uploaded(life: Int, step: Step, state: UInt64)
        case stateWritten(life: Int, step: Step, state: UInt64)
        case startCoordinator
        case startWorker(Int)
        case fault
        case heal(Heal)
        case calm
    }

    /// What ends by itself.
    enum Heal {
        case disk
        case link(Int)
        case speed(Int)
    }

    let plan: SimulationPlan
    let arithmetic: Arithmetic
    let truth: (states: [UInt64], reduced: [UInt64])
    let run = RunID(7)
    var random: SimulationRandom
    var queue = EventQueue<Event>()
    var now = Duration.zero
    var isCalm = false
    var disk = VirtualDisk()
    var coordinator: SimulatedCoordinator?
    var coordinatorLives = 0
    var workers: [SimulatedWorker] = []
    /// When the last message of a link arrives, by direction: links keep their order.
    var arrivals: [[Duration]] = [[], []]
    /// Pairs of workers that cannot send to each other in this direction.
    var cuts: [(from: Int, to: Int)] = []
    public internal(set) var outcome: Outcome?
    public var violation: String?
    public var statistics = SimulationStatistics()
    public let history: History

    /// - Parameters:
    ///   - workers: Instead of a number drawn from the seed.
    ///   - keepsHistory: Whether every event is told, for people.
    public init(seed: UInt64, workers: Int? = nil, keepsHistory: Bool = false) {
        plan = SimulationPlan(seed: seed, workers: workers)
        arithmetic = Arithmetic(schedule: plan.schedule)
        truth = arithmetic.undisturbed()
        random = SimulationRandom(seed: seed ^ 0xFA17)
        history = History(isKept: keepsHistory)
    }

    /// Whether the run ended, and nothing happened that must not.
    public var isSound: Bool { violation == nil }

    /// Runs to the end.
    public func simulate() {
        startCoordinator()
        for index in 0..<plan.workers {
            workers.append(SimulatedWorker(machine: Self.machine(index, life: 0)))
            arrivals[0].append(.zero)
            arrivals[1].append(.zero)
            workers[index].isAlive = false
            queue.add(.startWorker(index), at: random.milliseconds(0...300))
        }
        queue.add(.calm, at: plan.faultsUntil)
        planFault()
        while violation == nil, outcome == nil, let (time, event) = queue.next() {
            now = time
            guard now < plan.limit else {
                violate(
                    "the run has not ended \(plan.limit - plan.faultsUntil) after the last fault")
                break
            }
            handle(event)
        }
        if outcome != nil, violation == nil { checkJournal() }
        statistics.time = now
    }

    func violate(_ what: String) {
        guard violation == nil else { return }
        violation = what
        tell("violation: \(what)")
    }

    func tell(_ text: @autoclosure () -> String) { history.add(now, text()) }

    static func machine(_ index: Int, life: Int) -> WorkerMachine {
        WorkerMachine(
            hello: Hello(
                protocolVersion: protocolVersion, profile: [ProfileEntry(name: "k", value: "1")],
                host: "node\(index)", process: Int64(index * 1000 + life), threads: 1,
                launchToken: ""))
    }
}
