import ClipDatasets
import Configuration
import Tensors
import Training
import TrainingProtocol
import ZeroMQ

/// The compute thread's end of the data connection: clips in the order of their use, and states.
final class ClipFeed {
    /// Steps that are announced ahead of the one under way; bytes bound what is really fetched.
    private static let lookAhead: UInt64 = 4

    private let training: ClipLane
    private let evaluation: ClipLane
    private let orders: Mailbox<DataClient.Order>
    private let sampling: RunSampling
    private let thread: DedicatedThread<Void>
    /// States that are, or were, on their way.
    private var loans: [StateLoan] = []
    /// The last step whose clips are announced, since the last deal.
    private var announced: Step?

    init(
        context: Context, run: RunID, term: Term, address: String, role: CurveRole?,
        prefetchBytes: Int, sampling: RunSampling
    ) throws(ZeroMQError) {
        let training = try ClipLane()
        let evaluation = try ClipLane()
        let orders = try Mailbox<DataClient.Order>()
        self.training = training
        self.evaluation = evaluation
        self.orders = orders
        self.sampling = sampling
        thread = try DedicatedThread(name: "data") {
            DataClient.run(
                context: context, address: address, role: role, run: run, term: term,
                lanes: [training, evaluation], prefetchBytes: prefetchBytes, orders: orders)
        }
    }

    deinit { stop() }

    /// Ends the data thread.
    func stop() {
        for loan in loans { loan.end() }
        orders.send(.stop)
    }

    // MARK: Clips

    /// Makes sure that the clips of a step are on their way, and those of the next ones behind them.
    ///
    /// - Parameters:
    ///   - missing: What is to be computed of the step itself. Only the first step after a deal may have less
    ///     missing than the deal has.
    ///   - ahead: What will be computed of the steps after it.
    func announce(step: Step, missing: [Slot], ahead: SlotSet, of schedule: StepSchedule) {
        let last = min(Step(step.rawValue + Self.lookAhead), schedule.lastStep)
        if announced == nil {
            for slot in missing { training.want(keys(of: slot, in: step, schedule)) }
            announced = step
        }
        while let next = announced?.next, next <= last {
            for slot in ahead.slots { training.want(keys(of: Slot(slot), in: next, schedule)) }
            announced = next
        }
    }

    /// Forgets what is announced and not taken: other slots are dealt.
    func redeal() {
        announced = nil
        training.restart()
    }

    /// To interrupt the compute thread where it waits for a clip.
    var lanes: [ClipLane] { [training, evaluation] }

    /// Forgets blocks that were announced before.
    func announce(onlyBlocks blocks: [Int], of plan: EvaluationBlocks) {
        evaluation.restart()
        for block in blocks { evaluation.want(keys(of: block, plan)) }
    }

    /// Waits for the clips of a slot of an announced step.
    func takeSlot(
        _ slot: Slot, of step: Step, _ trainer: Trainer
    ) throws(WorkingError) -> [LabeledClip] {
        let epoch = trainer.schedule.epoch(of: step)
        return try take(keys(of: slot, in: step, trainer.schedule), from: training).map { clip in
            LabeledClip(
                clip: clip.clip, view: clip.view, label: clip.label,
                mixture: sampling.mixture(of: SampleID(clip.clip.index), in: epoch))
        }
    }

    /// Waits for the clips of an announced block.
    func takeBlock(
        _ block: Int, of plan: EvaluationBlocks, _ trainer: Trainer
    ) throws(WorkingError) -> [LabeledClip] {
        try take(keys(of: block, plan), from: evaluation)
    }

    private func take(
        _ keys: [ClipRequestKey], from lane: ClipLane
    ) throws(WorkingError) -> [LabeledClip] {
        var clips: [LabeledClip] = []
        for key in keys {
            let delivery = try lane.take(key)
            clips.append(
                LabeledClip(clip: delivery.clip, view: key.view, label: delivery.label))
        }
        return clips
    }

    private func keys(
        of slot: Slot, in step: Step, _ schedule: StepSchedule
    ) -> [ClipRequestKey] {
        schedule.samples(of: slot, in: step).map {
            key(sampling.training, $0, sampling.trainingView($0, in: schedule.epoch(of: step)))
        }
    }

    private func keys(of block: Int, _ plan: EvaluationBlocks) -> [ClipRequestKey] {
        guard let split = sampling.evaluation else { return [] }
        return plan.samples(of: block).map {
            key(split, SampleID($0), sampling.evaluationView(SampleID($0), of: split))
        }
    }

    private func key(
        _ split: SplitSummary, _ sample: SampleID, _ view: ClipView
    ) -> ClipRequestKey {
        // All frames from the first seen to the last. JPEGs are smaller; the budget errs on the safe
        // side.
        let bytes = view.span.count * split.height * split.width * 3
        return ClipRequestKey(split: split.name, sample: sample, view: view, bytes: bytes)
    }

    // MARK: States

    /// Sends a state, which is not to change before `detachUploads`.
    func upload(
        _ state: TrainingState, of step: Step,
        onFailure: @escaping @Sendable (WorkingError) -> Void
    ) {
        let loan = StateLoan(state)
        loans = loans.filter(\.isOpen) + [loan]
        orders.send(.upload(step: step, loan, onFailure: onFailure))
    }

    /// After this a state that is still on its way may change: what is left to send is copied.
    func detachUploads() {
        for loan in loans { loan.detach() }
        loans = []
    }
}
