import TrainingProtocol

/// A coordinator and its workers in memory: the real state machines over links that keep order, with a stand-in
/// for arithmetic. Links are served in an order drawn from a seed, so that many interleavings are tried.
struct Cluster {

    struct Node {
        let connection: ConnectionID
        var machine: WorkerMachine
        var inbox: [Stamped<CoordinatorMessage>] = []
        var outbox: [Stamped<WorkerMessage>] = []
        var jobs: [WorkerEvent] = []
        var outcome: WorkerOutcome?
        var isDead = false
        var uploads: [Step] = []
        var updates: [Step] = []
        /// Its reductions end without a result, as when a neighbour's connection closes.
        var stallsFrom: Step?
        /// The member that its broken connection goes to.
        var accuses: Rank?
        /// The member that its reductions wait for in vain, from the step of `stallsFrom` on.
        var waitsFor: Rank?
        /// Slots of the step under way whose results it has, and how many it computed in all.
        var finished: (step: Step, slots: Set<Int>) = (Step(0), [])
        var computed: [Int] = []
        /// States that it was given, and by whom.
        var loads: [(step: Step, source: StateSource)] = []
        var deals: [SlotSet] = []
        /// From this step on it never finishes its slots.
        var heldSlots: Step?
        /// From this step on it computes no slot.
        var stuckFrom: Step?
        /// What its reports say of a slot; nil: a tenth of a second for all of its slots.
        var slotTime: Duration?
        /// Spoils this worker's digests from a step on.
        var corruptFrom: Step?
    }

    var coordinator: CoordinatorMachine
    var nodes: [Node] = []
    var journal: [JournalRecord] = []
    private(set) var commitCount = 0
    var notes: [CoordinatorNote] = []
    var outcome: Outcome?
    var now = Duration.zero
    /// Uploads are under way, and do not end.
    var keepsUploads = false
    let schedule: StepSchedule
    private var random: UInt64
    private var divergence: Step?

    init(options: CoordinatorMachine.Options, seed: UInt64 = 1) {
        coordinator = CoordinatorMachine(options)
        schedule = options.schedule
        random = seed
    }

    mutating func join(
        profile: [ProfileEntry] = [ProfileEntry(name: "kernels", value: "1")],
        version: UInt32 = protocolVersion, launched: Bool = true
    ) {
        let index = nodes.count
        let hello = Hello(
            protocolVersion: version, profile: profile, host: "node\(index)", process: Int64(index),
            threads: 1, launchToken: launched ? "t" : "")
        let machine = WorkerMachine(hello: hello)
        nodes.append(Node(connection: ConnectionID(UInt64(index + 1)), machine: machine))
        let directives = nodes[index].machine.start(now: now)
        carryOut(directives, at: index)
    }

    /// Lets one link or job move, chosen by the seed. False where nothing can.
    mutating func advance() -> Bool {
        var moves: [(Int, Int)] = []
        for (index, node) in nodes.enumerated() {
            if !node.outbox.isEmpty { moves.append((index, 0)) }
            guard !node.isDead, node.outcome == nil else { continue }
            if !node.inbox.isEmpty { moves.append((index, 1)) }
            if !node.jobs.isEmpty { moves.append((index, 2)) }
        }
        guard !moves.isEmpty, outcome == nil || moves.contains(where: { $0.1 != 0 }) else {
            return false
        }
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let (index, kind) = moves[Int((random >> 33) % UInt64(moves.count))]
        switch kind {
        case 0:
            let message = nodes[index].outbox.removeFirst()
            carryOut(
                coordinator.on(.received(message, from: nodes[index].connection), now: now))
        case 1:
            let message = nodes[index].inbox.removeFirst()
            carryOut(nodes[index].machine.on(.received(message), now: now), at: index)
        default:
            let event = nodes[index].jobs.removeFirst()
            carryOut(nodes[index].machine.on(event, now: now), at: index)
        }
        return true
    }

    mutating func settle(limit: Int = 100_000) {
        var moves = 0
        while moves < limit, advance() { moves += 1 }
    }

    mutating func settle(until condition: (Cluster) -> Bool) {
        while !condition(self), advance() {}
    }

    mutating func kill(_ index: Int) {
        let greeted = !nodes[index].outbox.contains {
            if case .hello = $0.body { true } else { false }
        }
        nodes[index].isDead = true
        nodes[index].outbox = []
        let reason = "killed by signal 9"
        deliver(
            greeted
                ? .disconnected(nodes[index].connection, reason: reason)
                : .launchFailed(reason: reason))
    }

    /// Every worker that lives shows it.
    mutating func beat() {
        for index in nodes.indices where !nodes[index].isDead && nodes[index].outcome == nil {
            carryOut(nodes[index].machine.on(.tick, now: now), at: index)
        }
        settle()
    }

    /// Something happens to a worker.
    mutating func report(_ event: WorkerEvent, from index: Int) {
        carryOut(nodes[index].machine.on(event, now: now), at: index)
    }

    /// From this step on losses are not numbers.
    mutating func diverge(at step: Step) { divergence = step }

    mutating func deliver(_ event: CoordinatorEvent) {
        carryOut(coordinator.on(event, now: now))
    }

    // MARK: What machines ask for

    private mutating func carryOut(_ directives: [CoordinatorDirective]) {
        for directive in directives {
            switch directive {
            case .send(let message, let connection):
                let index = Int(connection.rawValue) - 1
                // Operators are no nodes.
                if nodes.indices.contains(index) { nodes[index].inbox.append(message) }
            case .append(let record):
                journal.append(record)
                if case .committed = record { commitCount += 1 }
            case .note(let note): notes.append(note)
            case .end(let outcome): self.outcome = outcome
            }
        }
    }

    private mutating func carryOut(_ directives: [WorkerDirective], at index: Int) {
        for directive in directives {
            switch directive {
            case .send(let message): nodes[index].outbox.append(message)
            case .prepare:
                nodes[index].jobs.append(
                    .prepared(
                        Readiness(
                            model: digest(0), gradientAddress: "inproc://\(index)",
                            stateAddress: "state \(index)")))
            case .load(let step, let generation, let source):
                nodes[index].loads.append((step, source))
                nodes[index].finished = (Step(0), [])
                nodes[index].jobs.append(.loaded(step, generation))
            case .attest(let step, let generation):
                nodes[index].jobs.append(
                    .attested(step, generation, Digest(high: 1, low: step.rawValue)))
            case .compute(let step, let generation, let slots, let contested):
                compute(step, generation, slots, contested, at: index)
            case .reduce(let step, let generation):
                if let from = nodes[index].stallsFrom, step >= from {
                    if let rank = nodes[index].waitsFor {
                        nodes[index].jobs.append(
                            .awaiting(Awaiting(ranks: [rank], chunk: 0, chunks: 4, bytes: 0)))
                        continue
                    }
                    nodes[index].jobs.append(
                        .stalled(
                            step, generation, reason: "its connection to rank 0 closed",
                            accused: nodes[index].accuses))
                    continue
                }
                let bad = nodes[index].corruptFrom.map { step >= $0 } ?? false
                nodes[index].jobs.append(
                    .reduced(
                        step, generation, digest(step.rawValue + (bad ? 1000 : 0)),
                        PhaseTimes(computing: computingTime(at: index))))
            case .update(let step):
                nodes[index].updates.append(step)
                nodes[index].jobs.append(.updated(step))
            case .evaluate(let step, let generation, let blocks):
                let outcomes = blocks.map {
                    BlockOutcome(block: $0, samples: 2, lossSum: 1, top1: 1, top5: 2)
                }
                nodes[index].jobs.append(.evaluated(step, generation, outcomes))
            case .upload(let step):
                nodes[index].uploads.append(step)
                if !keepsUploads { carryOut(coordinator.on(.stateSaved(step), now: now)) }
            case .interrupt:
                nodes[index].jobs.removeAll {
                    switch $0 {
                    case .updated, .prepared, .slotDone: false
                    default: true
                    }
                }
            case .note(.began(_, _, _, _, let slots, _)): nodes[index].deals.append(slots)
            case .end(let outcome): nodes[index].outcome = outcome
            case .adopt, .note: break
            }
        }
    }

    /// What is missing is done slot by slot, so that an interruption finds some finished.
    private mutating func compute(
        _ step: Step, _ generation: Generation, _ slots: SlotSet, _ contested: SlotSet,
        at index: Int
    ) {
        if nodes[index].finished.step != step { nodes[index].finished = (step, []) }
        let isStuck = nodes[index].stuckFrom.map { step >= $0 } ?? false
        if isStuck, !slots.isEmpty { return }
        for slot in slots.slots where !nodes[index].finished.slots.contains(slot) {
            nodes[index].finished.slots.insert(slot)
            nodes[index].computed.append(slot)
            nodes[index].jobs.append(.slotDone(step, outcome(of: slot, in: step)))
            if contested.contains(slot) {
                nodes[index].jobs.append(.witnessed(step, Slot(slot), digest(UInt64(slot))))
            }
        }
        if let held = nodes[index].heldSlots, step >= held { return }
        nodes[index].jobs.append(.computed(step, generation))
    }

    private func computingTime(at index: Int) -> Duration {
        guard let slotTime = nodes[index].slotTime else { return .milliseconds(100) }
        return slotTime * (nodes[index].deals.last?.count ?? 0)
    }

    private func outcome(of slot: Int, in step: Step) -> SlotOutcome {
        let samples = schedule.sampleCount(of: Slot(slot), in: step)
        let loss = divergence.map { step >= $0 } == true ? Double.nan : Double(samples)
        return SlotOutcome(slot: Slot(slot), samples: samples, lossSum: loss, correct: 0)
    }

    private func digest(_ value: UInt64) -> Digest { Digest(high: 7, low: value) }

    // MARK: What came of it

    /// The number that a node's worker was given.
    func worker(at index: Int) -> WorkerID {
        for note in notes {
            if case .joined(let worker, _, "node\(index)", _) = note { return worker }
        }
        return WorkerID(0)
    }

    var commits: [CommitEntry] {
        journal.compactMap { if case .committed(let entry) = $0 { entry } else { nil } }
    }

    var evaluations: [EvaluationSummary] {
        notes.compactMap { if case .evaluated(let summary) = $0 { summary } else { nil } }
    }
}

/// Options for small runs: 22 samples in batches of 8 over 4 slots, so that the third step is short.
func smallRun(workers: Int, epochs: Int = 2, stepLimit: Int? = nil) -> CoordinatorMachine.Options {
    let schedule = StepSchedule(
        seed: 3, samples: 22, batch: 8, slots: 4, epochs: epochs, stepLimit: stepLimit)
    return CoordinatorMachine.Options(
        run: RunID(9), term: Term(1), schedule: schedule,
        introduction: Introduction(
            configuration: "", dataAddress: "",
            dataset: DatasetSummary(digest: Digest(high: 0, low: 0), classNames: [], splits: [])),
        start: Step(0), workers: workers,
        saveEvery: 2, evaluateEvery: 1, evaluationBlocks: 5)
}
