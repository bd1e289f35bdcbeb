import Glibc
import TrainingProtocol
import Wire
import ZeroMQ

/// Many workers on one thread: the real state machines and real connections, with hands that have done everything at
/// once. What is left is what a coordinator does for its workers.
struct Herd {
    private struct Head {
        let socket: Socket
        let key: Poller.Key
        var machine: WorkerMachine
        var outcome: WorkerOutcome?
        var jobs: [WorkerEvent] = []
    }

    let schedule: StepSchedule
    private var heads: [Head] = []
    private var poller = Poller()
    private let start = ContinuousClock.now

    init(_ count: Int, schedule: StepSchedule, at address: String, _ context: Context) throws {
        self.schedule = schedule
        var options = SocketOptions()
        options.linger = .zero
        for index in 0..<count {
            let socket = try Socket(.dealer, in: context, options: options)
            try socket.connect(address)
            let hello = Hello(
                protocolVersion: protocolVersion, profile: [ProfileEntry(name: "k", value: "1")],
                host: "node\(index)", process: Int64(index), threads: 1, launchToken: "")
            heads.append(
                Head(
                    socket: socket, key: poller.add(socket, .readable),
                    machine: WorkerMachine(hello: hello)))
        }
    }

    /// Serves all of them until each has ended; how each ended.
    mutating func run() throws -> [WorkerOutcome] {
        for index in heads.indices {
            try carryOut(heads[index].machine.start(now: now), at: index)
        }
        var ticked = ContinuousClock.now
        while heads.contains(where: { $0.outcome == nil }) {
            try poller.wait(timeout: .milliseconds(50))
            for index in heads.indices where poller.isReady(heads[index].key) {
                while heads[index].outcome == nil, let frames = try heads[index].socket.tryReceive()
                {
                    try deliver(
                        .received(try Stamped(serialized: frames[0].bytes)), to: index)
                }
            }
            guard ContinuousClock.now - ticked > .milliseconds(50) else { continue }
            ticked = .now
            for index in heads.indices { try deliver(.tick, to: index) }
        }
        return heads.compactMap(\.outcome)
    }

    private var now: Duration { ContinuousClock.now - start }

    private mutating func deliver(_ event: WorkerEvent, to index: Int) throws {
        guard heads[index].outcome == nil else { return }
        heads[index].jobs.append(event)
        while !heads[index].jobs.isEmpty {
            let next = heads[index].jobs.removeFirst()
            try carryOut(heads[index].machine.on(next, now: now), at: index)
        }
    }

    private mutating func carryOut(_ directives: [WorkerDirective], at index: Int) throws {
        for directive in directives {
            switch directive {
            case .send(let message):
                _ = try heads[index].socket.trySend([Message(try message.serialized())])
            case .end(let outcome): heads[index].outcome = outcome
            default: heads[index].jobs += done(directive, at: index)
            }
        }
    }

    /// What hands say that have done what they were told.
    private func done(_ directive: WorkerDirective, at index: Int) -> [WorkerEvent] {
        switch directive {
        case .prepare:
            [
                .prepared(
                    Readiness(
                        model: Digest(high: 1, low: 1),
                        gradientAddress: "tcp://10.0.\(index / 250).\(index % 250):40001",
                        stateAddress: "tcp://10.0.\(index / 250).\(index % 250):40002"))
            ]
        case .load(let step, let generation, _): [.loaded(step, generation)]
        case .attest(let step, let generation):
            [.attested(step, generation, Digest(high: 2, low: step.rawValue))]
        case .compute(let step, let generation, let slots, _):
            slots.slots.map { slot in
                let samples = schedule.sampleCount(of: Slot(slot), in: step)
                return .slotDone(
                    step,
                    SlotOutcome(slot: Slot(slot), samples: samples, lossSum: 1, correct: 0))
            } + [.computed(step, generation)]
        case .reduce(let step, let generation):
            [
                .reduced(
                    step, generation, Digest(high: 3, low: step.rawValue),
                    PhaseTimes(computing: .seconds(1)))
            ]
        case .update(let step): [.updated(step)]
        default: []
        }
    }
}
