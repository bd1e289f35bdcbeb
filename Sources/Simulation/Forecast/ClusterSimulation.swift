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
    let failsAfter: Step?
    let started: Int
    /// The schedule goes further: clips are asked for ahead to the end.
    private let lastStep: Int
    var coordinator: CoordinatorMachine
    var nodes: [Node] = []
    var queue = EventQueue<Event>()
    private(set) var now = Duration.zero
    /// When each step was committed.
    var commits: [Duration] = []
    var random = SimulationRandom(seed: 0xF0CA)
    var hasFailed = false
    /// So many commits, and the replacement has its part in two of them.
    var wholeAgain = -1

    /// When each part is free again, and how long it was busy after the third commit.
    var processorFree = Duration.zero
    var linkFree = Duration.zero
    var readerFree = Duration.zero
    var wordsFree = Duration.zero
    var spent = ClusterForecast.Resource.allCases.map { _ in Duration.zero }
    /// The all-reduce under way.
    var exchange: (generation: Generation, ready: Int, members: Int, covers: Int) = (
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
}
