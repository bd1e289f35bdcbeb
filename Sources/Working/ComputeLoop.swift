import Collectives
import Configuration
import Logging
import Tensors
import Training
import TrainingProtocol
import ZeroMQ

/// The worker's hands: carries out, one after another and on a thread of its own, what the control thread orders.
///
/// Sums and state outlive generations, terms and coordinators: only another run, another state or the next step ends
/// them.
final class ComputeLoop {
    /// What a worker has once it knows the run.
    struct Run {
        let id: RunID
        var term: Term
        var dataAddress: String
        let trainer: Trainer
        var clips: ClipFeed
        let exchange: GradientExchange
        let donor: StateDonor
        let configuration: RunConfiguration
        /// What the run was when it was met.
        let introduction: Introduction
        var deadlines: Deadlines
    }

    let control: ComputeControl
    let context: Context
    /// Where the other workers reach this one.
    private let host: String
    /// Nil where everything is said in the clear.
    let security: WorkerSecurity?
    let events: Mailbox<WorkerEvent>
    private let threads: Int
    private let logger: Logger
    private(set) var run: Run?
    /// The step whose state the trainer holds.
    var state: Step?
    var accumulator: SlotAccumulator?
    /// The step whose sums the accumulator holds.
    var sumsStep: Step?
    /// A result that came when its generation was not wanted any more, for the next deal to decide on.
    var parked: ParkedResult?
    /// What has come of a state whose loading was interrupted.
    var transfer: StateTransfer?
    /// The generation whose clips are announced.
    var announced: Generation?
    /// Why the members of this generation cannot be met.
    private(set) var unmet: ExchangeError?
    /// What was begun before its last slot was computed, until someone waits for its end.
    var reduction: Begun?
    var times = PhaseTimes()
    let clock = ContinuousClock()

    struct Begun {
        let step: Step
        let term: Term
        let generation: Generation
        let last: SlotUnderWay
        let ongoing: OngoingReduction
    }

    struct ParkedResult {
        let step: Step
        let slot: Slot
        let buffer: FloatBuffer
        let digest: Digest
    }

    init(
        control: ComputeControl, context: Context, host: String, security: WorkerSecurity?,
        events: Mailbox<WorkerEvent>, threads: Int, logger: Logger
    ) {
        self.security = security
        self.logger = logger
        self.control = control
        self.context = context
        self.host = host
        self.events = events
        self.threads = threads
    }

    /// Works until told to stop.
    func serve() {
        while let order = control.orders.receive(timeout: nil) {
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

    private func carryOut(_ order: ComputeOrder) throws {
        switch order {
        case .prepare(let id, let term, let introduction):
            try prepare(id, term, introduction)
        case .adopt(let generation, let members, let rank):
            try adopt(generation, members, rank)
        case .load(let step, let generation, let source):
            try load(step, generation, source)
        case .attest(let step, let generation):
            guard control.wants(generation) else { return }
            events.send(.attested(step, generation, try current().trainer.state.digest))
        case .compute(let step, let generation, let slots, let contested):
            try compute(step, generation, slots, contested: contested)
        case .reduce(let step, let generation): try reduce(step, generation)
        case .update(let step): try update(step)
        case .evaluate(let step, let generation, let blocks):
            try evaluate(step, generation, blocks)
        case .upload(let step): try upload(step)
        case .stop: break
        }
    }

    func current() throws(WorkingError) -> Run {
        guard let run else { throw .connection("an order came before the run was known") }
        return run
    }

    // MARK: Getting ready

    private func prepare(_ id: RunID, _ term: Term, _ introduction: Introduction) throws {
        settleReduction()
        var known: Run
        if let run, run.id == id, run.introduction.describesSameRun(as: introduction) {
            known = run
            known.clips.stop()
            known.term = term
            known.dataAddress = introduction.dataAddress
            known.deadlines = introduction.deadlines
            known.clips = try clips(
                id, term, introduction.dataAddress, run.configuration, run.trainer)
        } else {
            known = try meet(id, term, introduction)
        }
        announced = nil
        run = known
        control.publish(known.exchange, known.clips.lanes, in: term)
        events.send(
            .prepared(
                Readiness(
                    model: known.trainer.modelDigest, gradientAddress: known.exchange.address,
                    stateAddress: known.donor.address)))
    }

    /// Gets to know a run: compiles its network, and listens for the other workers.
    private func meet(
        _ id: RunID, _ term: Term, _ introduction: Introduction
    ) throws -> Run {
        run?.clips.stop()
        run = nil
        state = nil
        sumsStep = nil
        parked = nil
        transfer = nil
        let configuration = try RunConfiguration(
            yaml: introduction.configuration, source: "the coordinator's configuration")
        let trainer = try Trainer(
            configuration: configuration, dataset: introduction.dataset, threads: threads)
        let tree = SlotTree(slots: trainer.schedule.slots)
        accumulator = SlotAccumulator(
            tree: tree, slots: SlotSet(), count: trainer.vectorCount)
        return Run(
            id: id, term: term, dataAddress: introduction.dataAddress, trainer: trainer,
            clips: try clips(id, term, introduction.dataAddress, configuration, trainer),
            exchange: try GradientExchange(
                context: context, bind: "tcp://\(host):*",
                chunkBytes: configuration.transport.chunkBytes,
                connectTimeout: introduction.deadlines.connect, keys: security?.peers,
                inTheClear: configuration.transport.cleartextGradients),
            donor: try StateDonor(
                context: context, bind: "tcp://\(host):*", keys: security?.peers),
            configuration: configuration, introduction: introduction,
            deadlines: introduction.deadlines)
    }

    private func clips(
        _ id: RunID, _ term: Term, _ address: String, _ configuration: RunConfiguration,
        _ trainer: Trainer
    ) throws -> ClipFeed {
        try ClipFeed(
            context: context, run: id, term: term, address: address,
            role: security?.coordinator,
            prefetchBytes: configuration.transport.prefetchBytes, sampling: trainer.sampling)
    }

    private func adopt(_ generation: Generation, _ members: [Member], _ rank: Rank) throws {
        guard control.wants(generation) else { return }
        let run = try current()
        settleReduction()
        unmet = nil
        do throws(ExchangeError) {
            try run.exchange.configure(
                ExchangeMembership(
                    run: run.id, term: run.term, generation: generation,
                    tree: SlotTree(slots: run.trainer.schedule.slots),
                    members: members.map { .init(address: $0.gradientAddress, slots: $0.slots) },
                    me: rank))
        } catch {
            // As an address that is none: told, with whose it is, where the members would meet.
            unmet = error
        }
    }

    // MARK: The end of a step

    private func reduce(_ step: Step, _ generation: Generation) throws {
        guard control.wants(generation) else { return settleReduction() }
        let run = try current()
        guard let sums = accumulator?.sums, let target = accumulator?.target() else { return }
        do throws(ExchangeError) {
            if let unmet { throw unmet }
            let start = clock.now
            let digest =
                if let begun = takeReduction(step, generation) {
                    try run.exchange.finish(begun.ongoing)
                } else {
                    try run.exchange.reduce(step: step, sums: sums, into: target)
                }
            times.reducing = clock.now - start
            events.send(.reduced(step, generation, digest, times))
        } catch .aborted {
            throw WorkingError.aborted
        } catch {
            // A neighbour is gone, or was told of another generation before this worker, or the network damaged what
            // was on its way: the coordinator decides, and hears that this worker waits.
            events.send(
                .stalled(step, generation, reason: "\(error)", accused: error.peer))
        }
    }

    /// The reduction that was begun for this step and generation, if one was.
    private func takeReduction(_ step: Step, _ generation: Generation) -> Begun? {
        guard let begun = reduction, begun.step == step, begun.generation == generation else {
            settleReduction()
            return nil
        }
        reduction = nil
        return begun
    }

    private func update(_ step: Step) throws {
        let run = try current()
        guard let reduced = accumulator?.reduced else { return }
        run.donor.withdraw()
        run.clips.detachUploads()
        times.updating = clock.measure { run.trainer.update(step, reduced: reduced) }
        state = step
        sumsStep = nil
        run.donor.offer(run: run.id, step: step, state: run.trainer.state)
        events.send(.updated(step))
    }

    // MARK: Between steps

    private func evaluate(_ step: Step, _ generation: Generation, _ blocks: [Int]) throws {
        let run = try current()
        let plan = run.trainer.evaluationBlocks
        run.clips.announce(onlyBlocks: blocks, of: plan)
        defer { control.show(nil) }
        var outcomes: [BlockOutcome] = []
        for (done, block) in blocks.enumerated() {
            guard control.wants(generation) else { throw WorkingError.aborted }
            control.show(Awaiting(ranks: [], chunk: done, chunks: blocks.count, bytes: 0))
            let clips = try run.clips.takeBlock(block, of: plan, run.trainer)
            outcomes.append(try run.trainer.evaluate(block, clips))
        }
        events.send(.evaluated(step, generation, outcomes))
    }

    private func upload(_ step: Step) throws {
        let run = try current()
        guard step == state else { return }
        run.clips.upload(run.trainer.state, of: step) { [logger] problem in
            // The coordinator asks again, or has asked another meanwhile: that is why it may have been refused.
            logger.warning("the state of step \(step) was not taken: \(problem)")
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
