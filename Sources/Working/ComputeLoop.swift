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
    let host: String
    /// Nil where everything is said in the clear.
    let security: WorkerSecurity?
    let events: Mailbox<WorkerEvent>
    let threads: Int
    let logger: Logger
    var run: Run?
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
    var unmet: ExchangeError?
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
}

extension ContinuousClock {
    /// What `work` returns, and how long it took.
    func timed<Value>(_ work: () throws -> Value) rethrows -> (value: Value, time: Duration) {
        let start = now
        let value = try work()
        return (value, now - start)
    }
}
