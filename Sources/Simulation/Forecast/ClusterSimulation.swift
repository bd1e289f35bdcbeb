import TrainingProtocol

/// A run of the real state machines on a cluster whose parts take time: processors, links and disks serve one after
/// another, and whoever waits for them waits.
final class ClusterSimulation {
    enum Event {
        case headTick
        case workerTick(Int)
        case toHead(Stamped<WorkerMessage>, from: Int)
        case toWorker(Int, Stamped<CoordinatorMessage>)
        case handsDone(Int, turn: Int, WorkerDirective)
        case fail(Int)
        case replace
    }

    /// A worker, with hands that take time.
    struct Node {
        var machine: WorkerMachine
        var isAlive = true
        var orders: [WorkerDirective] = []
        var turn = 0
        var isBusy = false
        var oldest = Generation(0)
        var step = Step(0)
        var done = SlotSet()
        /// When the clips of a step are there, for those that were asked for.
        var clips: [(step: Step, there: Duration)] = []
    }

    let costs: ClusterCosts
    let schedule: StepSchedule
    private let failsAfter: Step?
    private let started: Int
    /// The schedule goes further: clips are asked for ahead to the end.
    private let lastStep: Int
    private var coordinator: CoordinatorMachine
    var nodes: [Node] = []
    private var queue = EventQueue<Event>()
    private(set) var now = Duration.zero
    /// When each step was committed.
    private(set) var commits: [Duration] = []
    private var random = SimulationRandom(seed: 0xF0CA)
    private var hasFailed = false
    /// So many commits, and the replacement has its part in two of them.
    private var wholeAgain = -1

    /// When each part is free again, and how long it was busy after the second commit.
    private var processorFree = Duration.zero
    private var linkFree = Duration.zero
    private var readerFree = Duration.zero
    private var wordsFree = Duration.zero
    private var spent = ClusterForecast.Resource.allCases.map { _ in Duration.zero }
    /// The all-reduce under way.
    private var exchange: (generation: Generation, ready: Int, members: Int, covers: Int) = (
        Generation(0), 0, 0, 0
    )

    init(_ costs: ClusterCosts, workers: Int, slots: Int, steps: Int, failsAfter: UInt64? = nil) {
        self.costs = costs
        self.failsAfter = failsAfter.map { Step($0) }
        schedule = StepSchedule(
            seed: 1, samples: slots * (steps + costs.prefetch + 2), batch: slots, slots: slots,
            epochs: 1,
            stepLimit: steps + costs.prefetch + 1)
        let introduction = Introduction(
            configuration: "", dataAddress: "",
            dataset: DatasetSummary(digest: Digest(high: 0, low: 0), classNames: [], splits: []),
            deadlines: costs.deadlines)
        coordinator = CoordinatorMachine(
            CoordinatorMachine.Options(
                run: RunID(1), term: Term(1), schedule: schedule, introduction: introduction,
                start: Step(0), workers: workers))
        started = workers
        lastStep = steps
        for _ in 0..<workers { addNode() }
    }

    var steps: [Duration] { zip(commits, commits.dropFirst()).map { $1 - $0 } }

    var busy: [(resource: ClusterForecast.Resource, time: Duration)] {
        zip(ClusterForecast.Resource.allCases, spent).map { ($0, $1) }
    }

    func simulate() {
        queue.add(.headTick, at: .zero)
        while !isOver, let (time, event) = queue.next() {
            now = time
            handle(event)
        }
    }

    /// Where one fails, once its replacement has been dealt slots and done them.
    private var isOver: Bool {
        if failsAfter != nil { return commits.count == wholeAgain }
        return commits.count == lastStep
    }

    private func addNode() {
        let index = nodes.count
        var machine = WorkerMachine(
            hello: Hello(
                protocolVersion: protocolVersion, profile: [], host: "node\(index)",
                process: Int64(index), threads: 1, launchToken: ""))
        let first = machine.start(now: now)
        nodes.append(Node(machine: machine))
        carryOut(first, at: index)
        queue.add(
            .workerTick(index),
            at: now
                + .microseconds(random.int(1...Int(costs.deadlines.heartbeat / .microseconds(1)))))
    }

    private func handle(_ event: Event) {
        switch event {
        case .headTick:
            queue.add(.headTick, at: now + costs.deadlines.pulse)
            // As the real one: words that wait are heard before anyone is found silent.
            if processorFree <= now { decide(.tick) }
        case .workerTick(let index):
            guard nodes[index].isAlive else { return }
            queue.add(.workerTick(index), at: now + costs.deadlines.heartbeat)
            carryOut(nodes[index].machine.on(.tick, now: now), at: index)
        case .toHead(let message, let index):
            occupyHead(costs.controlMessage)
            decide(.received(message, from: ConnectionID(UInt64(index))))
        case .toWorker(let index, let message):
            guard nodes[index].isAlive else { return }
            carryOut(nodes[index].machine.on(.received(message), now: now), at: index)
        case .handsDone(let index, let turn, let order):
            guard nodes[index].isAlive, nodes[index].turn == turn else { return }
            finish(order, at: index)
        case .fail(let index):
            // The machine is gone with its connections, and nobody says so.
            nodes[index].isAlive = false
            queue.add(.replace, at: now + costs.replacement)
        case .replace:
            addNode()
        }
    }

    // MARK: The head

    /// What one part does takes it so long, and is counted once the run is under way.
    private func spend(_ time: Duration, on resource: ClusterForecast.Resource) {
        guard commits.count > 1 else { return }
        let place = ClusterForecast.Resource.allCases.firstIndex(of: resource) ?? 0
        spent[place] += time
    }

    private func occupyHead(_ time: Duration) {
        processorFree = max(processorFree, now) + time
        spend(time, on: .headProcessor)
    }

    private func decide(_ event: CoordinatorEvent) {
        let time = max(now, processorFree)
        for directive in coordinator.on(event, now: time) {
            switch directive {
            case .send(let message, let connection):
                let index = Int(connection.rawValue)
                let bytes = bytes(of: message)
                occupyHead(costs.controlMessage + costs.controlByte * bytes)
                // Its own connections share the link with those of the clips, and do not wait behind them.
                wordsFree = max(wordsFree, processorFree) + .seconds(Double(bytes) / costs.headLink)
                queue.add(.toWorker(index, message), at: wordsFree + costs.latency)
            case .append(let record):
                if case .committed = record { processorFree = max(processorFree, now) + costs.sync }
            case .note(.committed(let summary)):
                commits.append(max(now, processorFree))
                if summary.step == failsAfter, !hasFailed {
                    hasFailed = true
                    queue.add(.fail(nodes.count / 2), at: now + costs.slot / 2)
                }
            case .note(.began(_, _, let members, _, _)):
                let isWhole = members.allSatisfy { !$0.slots.isEmpty }
                if hasFailed, isWhole, members.last?.host == "node\(nodes.count - 1)",
                    nodes.count > started, wholeAgain < 0
                {
                    wholeAgain = commits.count + 2
                }
            case .note, .end: break
            }
        }
    }

    private func bytes(of message: Stamped<CoordinatorMessage>) -> Int {
        guard case .begin(let deal) = message.body else { return 100 }
        return 100 + deal.members.count * costs.memberBytes
    }

    /// When clips that go out of the head reach a worker.
    private func leaveHead(_ bytes: Int, after time: Duration) -> Duration {
        let length = Duration.seconds(Double(bytes) / costs.headLink)
        linkFree = max(linkFree, time) + length
        spend(length, on: .headLink)
        return linkFree + costs.latency
    }

    /// When the clips of a worker's step are with it: asked for some steps ahead, read and sent one after another.
    private func clips(of step: Step, slots: Int, for index: Int) -> Duration {
        for ahead in 0...costs.prefetch {
            let wanted = Step(step.rawValue + UInt64(ahead))
            guard wanted <= schedule.lastStep,
                !nodes[index].clips.contains(where: { $0.step == wanted })
            else { continue }
            let bytes = slots * costs.clipBytes
            let length = Duration.seconds(Double(bytes) / costs.reading)
            readerFree = max(readerFree, now) + length
            spend(length, on: .clipReading)
            nodes[index].clips.append((wanted, leaveHead(bytes, after: readerFree)))
        }
        nodes[index].clips.removeAll { $0.step < step }
        return nodes[index].clips.first { $0.step == step }?.there ?? now
    }

    // MARK: The workers

    func carryOut(_ directives: [WorkerDirective], at index: Int) {
        for directive in directives {
            switch directive {
            case .send(let message):
                queue.add(.toHead(message, from: index), at: now + costs.latency)
            case .interrupt(let generation): interrupt(index, before: generation)
            case .note: break
            case .end: nodes[index].isAlive = false
            default: nodes[index].orders.append(directive)
            }
        }
        beginOrder(index)
    }

    private func interrupt(_ index: Int, before generation: Generation) {
        nodes[index].oldest = generation
        guard nodes[index].isBusy, let order = nodes[index].orders.first else { return }
        switch order {
        case .load(_, let own, _), .reduce(_, let own):
            if own < generation { nextOrder(index) }
        default: break
        }
    }

    private func nextOrder(_ index: Int) {
        nodes[index].orders.removeFirst()
        nodes[index].isBusy = false
        nodes[index].turn += 1
        beginOrder(index)
    }

    private func plan(_ order: WorkerDirective, at index: Int, at time: Duration) {
        queue.add(.handsDone(index, turn: nodes[index].turn, order), at: time)
    }

    private func beginOrder(_ index: Int) {
        guard !nodes[index].isBusy, let order = nodes[index].orders.first else { return }
        nodes[index].isBusy = true
        nodes[index].turn += 1
        let state = Double(costs.stateBytes)
        switch order {
        case .compute(let step, let generation, let slots, _):
            guard generation >= nodes[index].oldest else { return nextOrder(index) }
            if nodes[index].step != step {
                nodes[index].step = step
                nodes[index].done = SlotSet()
            }
            computeNext(order, slots, at: index)
        case .reduce(_, let generation):
            guard generation >= nodes[index].oldest else { return nextOrder(index) }
            join(generation)
        case .load(let step, _, _):
            let length = step == Step(0) ? .zero : Duration.seconds(state / costs.workerLink)
            plan(order, at: index, at: now + length + costs.latency)
        case .attest: plan(order, at: index, at: now + .seconds(state / costs.memory))
        case .update:
            let length = Duration.seconds(
                (Double(costs.gradientBytes) + 2 * state) / costs.memory)
            plan(order, at: index, at: now + length)
        default: plan(order, at: index, at: now)
        }
    }

    private func computeNext(_ order: WorkerDirective, _ slots: SlotSet, at index: Int) {
        guard !slots.subtracting(nodes[index].done).isEmpty else {
            return plan(order, at: index, at: now)
        }
        let begin = max(now, clips(of: nodes[index].step, slots: slots.count, for: index))
        let share = Double(random.int(0...1000)) / 1000 * costs.jitter
        let length = costs.slot + costs.slot * share
        spend(length / Double(nodes.count), on: .computing)
        plan(order, at: index, at: begin + length)
    }

    /// An all-reduce ends for all when the last has come and what is to be moved has moved.
    private func join(_ generation: Generation) {
        if exchange.generation != generation { return }
        exchange.ready += 1
        guard exchange.ready == exchange.members else { return }
        exchange.ready = 0
        let (link, processor) = costs.exchange(members: exchange.members, covers: exchange.covers)
        spend(link, on: .workerLink)
        spend(processor, on: .workerProcessor)
        let end = now + max(link, processor) + costs.latency * 2
        for index in nodes.indices {
            guard nodes[index].isBusy, case .reduce? = nodes[index].orders.first,
                let order = nodes[index].orders.first
            else { continue }
            plan(order, at: index, at: end)
        }
    }

    private func finish(_ order: WorkerDirective, at index: Int) {
        switch order {
        case .prepare:
            complete(
                index,
                .prepared(
                    Readiness(
                        model: Digest(high: 1, low: 1), gradientAddress: "\(index)",
                        stateAddress: "")))
        case .adopt(let generation, let members, _):
            if exchange.generation < generation {
                let covers = members.reduce(0) { $0 + $1.slots.subtrees }
                exchange = (generation, 0, members.count, covers)
            }
            nextOrder(index)
        case .load(let step, let generation, _): complete(index, .loaded(step, generation))
        case .attest(let step, let generation):
            complete(index, .attested(step, generation, Digest(high: 2, low: step.rawValue)))
        case .compute(let step, let generation, let slots, _):
            computed(order, step, generation, slots, at: index)
        case .reduce(let step, let generation):
            let times = PhaseTimes(computing: costs.slot * max(1, nodes[index].done.count))
            complete(
                index, .reduced(step, generation, Digest(high: 3, low: step.rawValue), times))
        case .update(let step): complete(index, .updated(step))
        default: nextOrder(index)
        }
    }

    private func complete(_ index: Int, _ event: WorkerEvent) {
        nextOrder(index)
        carryOut(nodes[index].machine.on(event, now: now), at: index)
    }

    private func computed(
        _ order: WorkerDirective, _ step: Step, _ generation: Generation, _ slots: SlotSet,
        at index: Int
    ) {
        if let slot = slots.subtracting(nodes[index].done).slots.first {
            nodes[index].done = nodes[index].done.union(SlotSet(slot..<slot + 1))
            let outcome = SlotOutcome(
                slot: Slot(slot), samples: schedule.sampleCount(of: Slot(slot), in: step),
                lossSum: 1, correct: 0)
            carryOut(nodes[index].machine.on(.slotDone(step, outcome), now: now), at: index)
        }
        guard generation >= nodes[index].oldest else { return nextOrder(index) }
        guard slots.subtracting(nodes[index].done).isEmpty else {
            nodes[index].turn += 1
            return computeNext(order, slots, at: index)
        }
        complete(index, .computed(step, generation))
    }
}

extension SlotSet {
    /// How many sums a member of these slots brings to a reduction: the nodes of the slot tree that cover them.
    var subtrees: Int {
        ranges.reduce(0) { total, range in
            var first = range.lowerBound
            var count = 0
            while first < range.upperBound {
                var span = 1
                while first.isMultiple(of: 2 * span), first + 2 * span <= range.upperBound {
                    span *= 2
                }
                first += span
                count += 1
            }
            return total + count
        }
    }
}
