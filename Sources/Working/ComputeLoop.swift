import Collectives
import Configuration
import Synchronization
import Tensors
import Training
import TrainingProtocol
import ZeroMQ

/// The worker's hands: carries out, one after another and on a thread of its own, what the control thread orders.
final class ComputeLoop {
    enum Order: Sendable {
        case prepare(RunID, Term, Step, Introduction)
        case adopt(Generation, members: [Member], Rank)
        case compute(Step, Generation, slots: Range<Int>)
        case reduce(Step, Generation)
        case update(Step)
        case evaluate(Step, Generation, Rank, members: Int)
        case upload(Step)
        case abort(Generation)
        case stop
    }

    /// What the compute thread shares with the control thread.
    final class Shared: Sendable {
        let orders: Mailbox<Order>
        /// The newest generation that was aborted; what belongs to an older one is dropped.
        private let aborted = Atomic<UInt64>(0)
        private let exchange = Mutex<GradientExchange?>(nil)

        init() throws(ZeroMQError) { orders = try Mailbox() }

        /// Ends what is under way in generations up to this one, at once.
        func abort(_ generation: Generation) {
            aborted.store(generation.rawValue, ordering: .releasing)
            exchange.withLock { $0 }?.abort(generation)
            orders.send(.abort(generation))
        }

        /// Whether what belongs to this generation is still wanted.
        fileprivate func wants(_ generation: Generation) -> Bool {
            aborted.load(ordering: .acquiring) <= generation.rawValue
        }

        fileprivate func publish(_ exchange: GradientExchange) {
            self.exchange.withLock { $0 = exchange }
        }
    }

    /// What a worker has once it knows the run.
    private struct Run {
        let id: RunID
        let term: Term
        let trainer: Trainer
        let clips: ClipFeed
        let exchange: GradientExchange
    }

    private let shared: Shared
    private let context: Context
    /// Where the other workers reach this one.
    private let host: String
    private let events: Mailbox<WorkerEvent>
    private let threads: Int
    private var run: Run?
    private var accumulator: SlotAccumulator?
    private var reduced: FloatBuffer?
    private var times = PhaseTimes()
    private let clock = ContinuousClock()

    init(
        shared: Shared, context: Context, host: String, events: Mailbox<WorkerEvent>,
        threads: Int
    ) {
        self.shared = shared
        self.context = context
        self.host = host
        self.events = events
        self.threads = threads
    }

    /// Works until told to stop.
    func serve() {
        while let order = shared.orders.receive(timeout: nil) {
            if case .stop = order { break }
            do {
                try carryOut(order)
            } catch WorkingError.aborted {
                // The control thread knows: it asked for it.
            } catch {
                events.send(.failed(reason: "\(error)"))
            }
        }
        run?.clips.stop()
    }

    private func carryOut(_ order: Order) throws {
        switch order {
        case .prepare(let id, let term, let step, let introduction):
            try prepare(id, term, step, introduction)
        case .adopt(let generation, let members, let rank):
            try adopt(generation, members, rank)
        case .compute(let step, let generation, let slots):
            try compute(step, generation, slots)
        case .reduce(let step, let generation): try reduce(step, generation)
        case .update(let step): try update(step)
        case .evaluate(let step, let generation, let rank, let members):
            try evaluate(step, generation, rank, members)
        case .upload(let step): try upload(step)
        case .abort(let generation): events.send(.aborted(generation))
        case .stop: break
        }
    }

    private func current() throws(WorkingError) -> Run {
        guard let run else { throw .connection("an order came before the run was known") }
        return run
    }

    // MARK: Getting ready

    private func prepare(
        _ id: RunID, _ term: Term, _ step: Step, _ introduction: Introduction
    ) throws {
        let configuration = try RunConfiguration(
            yaml: introduction.configuration, source: "the coordinator's configuration")
        let trainer = try Trainer(
            configuration: configuration, dataset: introduction.dataset, threads: threads)
        let clips = try ClipFeed(
            context: context, run: id, term: term, address: introduction.dataAddress,
            prefetchBytes: configuration.transport.prefetchBytes, sampling: trainer.sampling)
        // First weights from elsewhere are with the coordinator.
        if step == Step(0), configuration.train.fromSHA256 == nil {
            trainer.initialize()
        } else {
            let layout = trainer.state.layout
            trainer.state.assign(try clips.fetch(layout.vectors, of: step))
        }
        let exchange = try GradientExchange(
            context: context, bind: "tcp://\(host):*",
            chunkBytes: configuration.transport.chunkBytes)
        shared.publish(exchange)
        run = Run(id: id, term: term, trainer: trainer, clips: clips, exchange: exchange)
        events.send(
            .prepared(
                step,
                Readiness(
                    weights: trainer.state.digest, model: trainer.modelDigest,
                    gradientAddress: exchange.address)))
    }

    private func adopt(_ generation: Generation, _ members: [Member], _ rank: Rank) throws {
        let run = try current()
        let tree = SlotTree(slots: run.trainer.schedule.slots)
        try run.exchange.configure(
            ExchangeMembership(
                run: run.id, term: run.term, generation: generation, tree: tree,
                members: members.map { .init(address: $0.gradientAddress, slots: $0.slots) },
                me: rank))
        accumulator = SlotAccumulator(
            tree: tree, range: members[rank.rawValue].slots, count: run.trainer.vectorCount)
        reduced = FloatBuffer(count: run.trainer.vectorCount)
    }

    // MARK: A step

    private func compute(_ step: Step, _ generation: Generation, _ slots: Range<Int>) throws {
        let run = try current()
        guard accumulator != nil else { return }
        run.clips.announce(steps: step, slots: slots, of: run.trainer.schedule)
        accumulator?.reset()
        times = PhaseTimes(updating: times.updating)
        var outcomes: [SlotOutcome] = []
        for slot in slots {
            guard shared.wants(generation) else { throw WorkingError.aborted }
            let waited = try clock.timed {
                try run.clips.takeSlot(Slot(slot), of: step, run.trainer)
            }
            times.waitingForClips += waited.time
            guard let buffer = accumulator?.lend() else { return }
            let computed = try clock.timed {
                try run.trainer.compute(Slot(slot), in: step, waited.value, into: buffer)
            }
            times.computing += computed.time
            accumulator?.finish(Slot(slot), buffer)
            outcomes.append(computed.value)
            events.send(.progress(slotsDone: outcomes.count))
        }
        events.send(.computed(step, outcomes))
    }

    private func reduce(_ step: Step, _ generation: Generation) throws {
        let run = try current()
        guard let sums = accumulator?.sums, let reduced else { return }
        do throws(ExchangeError) {
            let start = clock.now
            let digest = try run.exchange.reduce(step: step, sums: sums, into: reduced)
            times.reducing = clock.now - start
            events.send(.reduced(step, digest, times))
        } catch .aborted {
            throw WorkingError.aborted
        } catch .connectionLost(let peer, _) {
            // The neighbour is gone, or was told of an abort before this worker: the coordinator decides, and it
            // hears that this worker waits.
            events.send(.stalled(step, reason: "its connection to rank \(peer) closed"))
        }
    }

    private func update(_ step: Step) throws {
        let run = try current()
        guard let reduced else { return }
        times.updating = clock.measure { run.trainer.update(step, reduced: reduced) }
        events.send(.updated(step))
    }

    // MARK: Between steps

    private func evaluate(
        _ step: Step, _ generation: Generation, _ rank: Rank, _ members: Int
    ) throws {
        let run = try current()
        let plan = run.trainer.evaluationBlocks
        let blocks = SlotAssignment.blocks(plan.count, rank: rank, members: members)
        run.clips.announce(blocks: blocks, of: plan)
        var outcomes: [BlockOutcome] = []
        for block in blocks {
            guard shared.wants(generation) else { throw WorkingError.aborted }
            let clips = try run.clips.takeBlock(block, of: plan, run.trainer)
            outcomes.append(try run.trainer.evaluate(block, clips))
        }
        events.send(.evaluated(step, outcomes))
    }

    private func upload(_ step: Step) throws {
        let run = try current()
        // A copy: the next update must not change what is still on its way.
        run.clips.upload(run.trainer.state.copy(), of: step) { [events] problem in
            events.send(.failed(reason: "\(problem)"))
        }
    }
}

extension ContinuousClock {
    /// What `work` returns, and how long it took.
    func timed<Value>(_ work: () throws -> Value) rethrows -> (value: Value, time: Duration) {
        let start = now
        let value = try work()
        return (value, now - start)
    }
}
