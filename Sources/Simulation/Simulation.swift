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
    public private(set) var outcome: Outcome?
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

    // MARK: Events

    private func handle(_ event: Event) {
        switch event {
        case .coordinatorTick(let life):
            guard let coordinator, coordinator.life == life else { return }
            queue.add(.coordinatorTick(life: life), at: now + .milliseconds(100))
            guard coordinator.pausedUntil <= now else { return }
            deliver(.tick)
        case .workerTick(let index, let life):
            guard workers[index].life == life, workers[index].isAlive else { return }
            queue.add(.workerTick(worker: index, life: life), at: now + .milliseconds(100))
            guard workers[index].pausedUntil <= now else { return }
            deliver(.tick, to: index)
        case .toCoordinator(let peer, let life, let message):
            guard var current = coordinator, current.life == life else { return }
            guard current.pausedUntil <= now else {
                queue.add(event, at: current.pausedUntil)
                return
            }
            let number = current.number(of: peer)
            coordinator = current
            deliver(.received(message, from: number))
        case .toWorker(let peer, let message):
            let worker = workers[peer.worker]
            guard worker.isAlive, worker.life == peer.life, worker.connection == peer.connection
            else { return }
            guard worker.pausedUntil <= now else {
                queue.add(event, at: worker.pausedUntil)
                return
            }
            deliver(.received(message), to: peer.worker)
        case .disconnected(let peer, let life):
            guard var current = coordinator, current.life == life else { return }
            guard current.pausedUntil <= now else {
                queue.add(event, at: current.pausedUntil)
                return
            }
            let number = current.number(of: peer)
            coordinator = current
            deliver(.disconnected(number, reason: "its connection closed"))
        case .sums(let index, let life, let message):
            guard workers[index].isAlive, workers[index].life == life else { return }
            guard workers[index].pausedUntil <= now else {
                queue.add(event, at: workers[index].pausedUntil)
                return
            }
            receive(message, at: index)
        case .handsDone(let index, let life, let turn, let order):
            guard workers[index].isAlive, workers[index].life == life, workers[index].turn == turn,
                !workers[index].hangs
            else { return }
            guard workers[index].pausedUntil <= now else {
                queue.add(event, at: workers[index].pausedUntil)
                return
            }
            finish(order, at: index)
        case .uploaded(let life, let step, let state):
            guard coordinator?.life == life else { return }
            deliver(.stateArrived(step))
            queue.add(
                .stateWritten(life: life, step: step, state: state),
                at: now + random.milliseconds(1...800))
        case .stateWritten(let life, let step, let state):
            write(life, step, state)
        case .startCoordinator:
            if coordinator == nil { startCoordinator() }
        case .startWorker(let index):
            if !workers[index].isAlive { startWorker(index) }
        case .fault:
            disturb()
            planFault()
        case .heal(let what): heal(what)
        case .calm: calm()
        }
    }

    private func write(_ life: Int, _ step: Step, _ state: UInt64) {
        guard coordinator?.life == life else { return }
        guard disk.save(state, of: step) else {
            deliver(.stateSaveFailed(step, reason: "the disk is \(disk.condition)"))
            return
        }
        if state != truth.states[Int(step.rawValue)] {
            violate("the state that was saved for step \(step) is not the undisturbed one")
        }
        if coordinator?.newest.map({ $0.step < step }) ?? true {
            coordinator?.newest = (step, state)
        }
        deliver(.stateSaved(step))
    }

    // MARK: Lives

    func startCoordinator() {
        coordinatorLives += 1
        let options = disk.options(plan, run: run)
        let opened = JournalRecord.opened(
            term: options.term, run: run, state: options.start, dataset: Digest(high: 0, low: 0))
        guard disk.append(opened) else {
            // An operator looks again later.
            queue.add(.startCoordinator, at: now + .seconds(2))
            return
        }
        if options.start >= plan.schedule.lastStep {
            outcome = .completed(options.start)
            return
        }
        var started = SimulatedCoordinator(
            life: coordinatorLives, machine: CoordinatorMachine(options))
        if let newest = disk.states.last { started.newest = newest }
        coordinator = started
        tell("coordinator starts, term \(options.term) at step \(options.start)")
        queue.add(.coordinatorTick(life: coordinatorLives), at: now + .milliseconds(10))
    }

    func startWorker(_ index: Int) {
        let old = workers[index]
        var fresh = SimulatedWorker(machine: Self.machine(index, life: old.life + 1))
        fresh.life = old.life + 1
        fresh.connection = old.connection + 1
        fresh.cutFromCoordinator = old.cutFromCoordinator
        fresh.cutToCoordinator = old.cutToCoordinator
        workers[index] = fresh
        tell("worker \(index) starts, life \(fresh.life)")
        let time = now
        carryOut(workers[index].machine.start(now: time), at: index)
        queue.add(
            .workerTick(worker: index, life: fresh.life), at: now + random.milliseconds(1...100))
    }

    // MARK: The coordinator's directives

    func deliver(_ event: CoordinatorEvent) {
        guard var current = coordinator else { return }
        var events = [event]
        while !events.isEmpty {
            let next = events.removeFirst()
            if !next.isRoutine { tell("coordinator <- \(next)") }
            let directives = current.machine.on(next, now: now + current.clock)
            coordinator = current
            carryingOut: for directive in directives {
                switch directive {
                case .send(let message, let connection):
                    send(message, to: current.connections[Int(connection.rawValue)])
                case .append(let record):
                    check(record)
                    if plan.tornAppends > 0, !isCalm, random.once(in: plan.tornAppends) {
                        // Killed in the middle: the record is durable, or torn off; what follows is not done.
                        if random.once(in: 2) { _ = disk.append(record) }
                        crashCoordinator("killed while it appended \(record)")
                        return
                    }
                    guard disk.append(record) else {
                        tell("the journal takes no record: the disk is \(disk.condition)")
                        if current.machine.hasEnded { return end(.failed(reason: "journal")) }
                        events.append(.journalFailed(reason: "the journal cannot be written"))
                        statistics[.failedWrites] += 1
                        break carryingOut
                    }
                    tell("journal: \(record)")
                case .note(let note): count(note)
                case .end(let outcome): return end(outcome)
                }
            }
        }
    }

    private func count(_ note: CoordinatorNote) {
        tell("note: \(note)")
        switch note {
        case .committed: statistics[.commits] += 1
        case .began: statistics[.generations] += 1
        case .aborted: statistics[.aborts] += 1
        case .rewound: statistics[.rewinds] += 1
        case .lost: statistics[.losses] += 1
        default: break
        }
    }

    private func end(_ outcome: Outcome) {
        tell("coordinator ends: \(outcome)")
        coordinator = nil
        switch outcome {
        case .completed: self.outcome = outcome
        case .stopped: queue.add(.startCoordinator, at: now + .seconds(1))
        case .failed(let reason):
            let isDisk = reason.contains("journal") || reason.contains("could not be saved")
            if !isDisk { violate("the run failed: \(reason)") }
            queue.add(.startCoordinator, at: now + .seconds(2))
        }
    }
}
