import CoreMetrics
import Metrics
import TrainingProtocol

/// What monitoring is told of a run, by `swift-metrics`, whatever its backend is. It belongs to the control thread.
final class RunMetrics {
    private struct OfWorker {
        let slots, clipsPerSecond, silence: Meter
        let phases: [FloatingPointCounter]

        var all: [Meter] { [slots, clipsPerSecond, silence] }

        func destroy() {
            for meter in all { meter.destroy() }
            for counter in phases { counter.destroy() }
        }
    }

    private let factory: any MetricsFactory
    private let step, lastStep, savedStep, generation, workers, remaining: Meter
    private let loss, accuracy, evaluationLoss, top1, top5: Meter
    private let steps, clips: Counter
    private let duration: Recorder
    private var ofWorkers: [UInt64: OfWorker] = [:]

    init(_ factory: any MetricsFactory, _ status: RunStatus) {
        self.factory = factory
        let meter = { (name: String) in Meter(label: "lockstep_" + name, factory: factory) }
        step = meter("step")
        lastStep = meter("last_step")
        savedStep = meter("saved_step")
        generation = meter("generation")
        workers = meter("workers")
        remaining = meter("remaining_seconds")
        loss = meter("loss")
        accuracy = meter("accuracy_ratio")
        evaluationLoss = meter("evaluation_loss")
        top1 = meter("evaluation_top1_ratio")
        top5 = meter("evaluation_top5_ratio")
        steps = Counter(label: "lockstep_committed_steps_total", factory: factory)
        clips = Counter(label: "lockstep_committed_clips_total", factory: factory)
        duration = Recorder(
            label: "lockstep_step_duration_seconds", dimensions: [], aggregate: true,
            factory: factory)
        Meter(
            label: "lockstep_run_info",
            dimensions: [("name", status.identity.name), ("run", status.identity.run)],
            factory: factory
        ).set(1)
        step.set(status.step)
        savedStep.set(status.savedStep)
        lastStep.set(status.extent.steps)
    }

    func committed(
        _ summary: CommitSummary, _ members: [MemberEntry], seconds: Double, remaining: Double
    ) {
        step.set(summary.step.rawValue)
        steps.increment()
        clips.increment(by: summary.samples)
        loss.set(summary.loss)
        accuracy.set(summary.accuracy)
        duration.record(seconds)
        self.remaining.set(remaining)
        for (member, times) in zip(members, summary.times) {
            guard let worker = ofWorkers[member.worker.rawValue] else { continue }
            let times = PhaseSeconds(times)
            let all = [times.update, times.stream, times.compute, times.reduce]
            for (counter, seconds) in zip(worker.phases, all) { counter.increment(by: seconds) }
        }
    }

    func evaluated(_ point: EvaluationPoint) {
        evaluationLoss.set(point.loss)
        top1.set(point.top1)
        top5.set(point.top5)
    }

    func saved(_ step: Step) { savedStep.set(step.rawValue) }

    func happened(_ kind: String) {
        Counter(label: "lockstep_events_total", dimensions: [("kind", kind)], factory: factory)
            .increment()
    }

    func departed(_ worker: WorkerID) {
        ofWorkers.removeValue(forKey: worker.rawValue)?.destroy()
    }

    func observed(_ overview: CoordinatorOverview, clipsPerSlot: Double) {
        generation.set(overview.generation.rawValue)
        workers.set(overview.workers.count { $0.isMember })
        if overview.phase == .gathering { remaining.set(Double.nan) }
        for worker in overview.workers {
            let metrics = ofWorkers[worker.worker.rawValue] ?? make(worker)
            ofWorkers[worker.worker.rawValue] = metrics
            metrics.slots.set(worker.slots.count)
            metrics.silence.set(worker.silence.inSeconds)
            if let pace = worker.pace { metrics.clipsPerSecond.set(clipsPerSlot / max(pace, 1e-9)) }
        }
    }

    private func make(_ worker: CoordinatorOverview.Worker) -> OfWorker {
        let labels = [("worker", "\(worker.worker)"), ("host", worker.host)]
        let meter = { [factory] (name: String) in
            Meter(label: "lockstep_worker_" + name, dimensions: labels, factory: factory)
        }
        return OfWorker(
            slots: meter("slots"), clipsPerSecond: meter("clips_per_second"),
            silence: meter("silence_seconds"),
            phases: ["update", "stream", "compute", "reduce"].map { [factory] phase in
                FloatingPointCounter(
                    label: "lockstep_worker_phase_seconds_total",
                    dimensions: labels + [("phase", phase)], factory: factory)
            })
    }

    /// What each tells.
    static let help = [
        "lockstep_run_info": "The run that this coordinator serves; always 1.",
        "lockstep_step": "The newest step that is agreed on and durable.",
        "lockstep_last_step": "The step at which the run is complete.",
        "lockstep_saved_step": "The newest step whose state is on the disk.",
        "lockstep_generation": "Rises with every change of membership and every aborted step.",
        "lockstep_workers": "Workers that have a part in the generation.",
        "lockstep_remaining_seconds":
            "Time until the last step at the pace of the newest ones; none while workers are waited for.",
        "lockstep_loss": "Mean loss over the newest step's clips.",
        "lockstep_accuracy_ratio":
            "Share of the newest step's clips that was classified correctly.",
        "lockstep_evaluation_loss":
            "Mean loss over the validation clips, at the newest evaluation.",
        "lockstep_evaluation_top1_ratio": "Share of validation clips whose class came first.",
        "lockstep_evaluation_top5_ratio": "Share of validation clips whose class was among five.",
        "lockstep_committed_steps_total": "Steps since this coordinator started.",
        "lockstep_committed_clips_total": "Clips trained on since this coordinator started.",
        "lockstep_step_duration_seconds": "Time from one commit to the next.",
        "lockstep_events_total": "Joins, losses, saves and what else happens, by kind.",
        "lockstep_worker_slots": "Slots that the worker holds.",
        "lockstep_worker_clips_per_second": "How fast the worker computes, waiting aside.",
        "lockstep_worker_silence_seconds": "Time without a sign of life of the worker.",
        "lockstep_worker_phase_seconds_total": "Time that the worker spent in each phase of steps.",
    ]
}

extension PrometheusRegistry {
    /// For a run's metrics, with what each of them tells.
    public static func ofRun() -> PrometheusRegistry { PrometheusRegistry(help: RunMetrics.help) }

    /// The run's metrics, and those of the process.
    public var runText: String { text + ProcessMetrics.text }
}
