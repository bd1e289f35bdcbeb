public import TrainingProtocol

/// Everything that is shown of a run while it is under way; a value that what happens changes.
public struct RunTelemetry: Sendable {
    /// So many events and workers that went are kept.
    private static let mostEvents = 200
    private static let mostGone = 8

    /// All of the status but the workers.
    private var base: RunStatus
    public private(set) var curves = LearningCurves()
    public private(set) var timeline = StepTimeline()
    /// Of the generation, in rank order.
    private var members: [MemberEntry] = []
    private var overview: CoordinatorOverview?
    /// When the coordinator's machine was last looked at: its thread goes on.
    public private(set) var observedAt = ContinuousClock.now
    private var gone: [WorkerStatus] = []
    private var times: [UInt64: PhaseSeconds] = [:]
    private var nextEvent = 1
    /// When the run ended, seconds since 1970.
    private var end: Double?
    /// Rises with every change that a viewer would see.
    public private(set) var version = 0

    public init(_ status: RunStatus) { base = status }

    /// It takes time in proportion to the number of workers.
    public var status: RunStatus {
        var status = base
        status.workers =
            (overview?.workers ?? []).map(worker)
            + gone.reversed()
        return status
    }

    /// Mean over a step's slots.
    var clipsPerSlot: Double { base.clipsPerSlot }

    private func worker(_ worker: CoordinatorOverview.Worker) -> WorkerStatus {
        var status = WorkerStatus(
            worker, clipsPerSlot: base.clipsPerSlot, times: times[worker.worker.rawValue])
        if let end {
            // Who was there at the end was let go with it.
            status.state = .left
            status.gone = end
        }
        return status
    }

    // MARK: What happens

    public mutating func happened(_ kind: String, _ detail: String, at time: Double) {
        version += 1
        // Saves come all the time; of those that follow each other the last one counts.
        if kind == "saved", base.events.last?.kind == kind { base.events.removeLast() }
        base.events.append(
            RunEvent(number: nextEvent, time: time, kind: kind, detail: detail))
        nextEvent += 1
        if base.events.count > Self.mostEvents { base.events.removeFirst() }
    }

    public mutating func began(_ generation: Generation, members: [MemberEntry]) {
        version += 1
        self.members = members
        base.generation = generation.rawValue
    }

    /// - Parameters:
    ///   - start: When the step began, seconds since 1970.
    ///   - time: When it was committed.
    ///   - secondsPerClip: Smoothed.
    /// - Returns: Seconds until the last step.
    public mutating func committed(
        _ summary: CommitSummary, from start: Double, at time: Double, secondsPerClip: Double
    ) -> Double {
        version += 1
        base.step = summary.step.rawValue
        base.epoch = summary.epoch.rawValue
        base.loss = summary.loss
        base.accuracy = summary.accuracy
        let left = base.extent.steps - min(base.extent.steps, base.step)
        let perStep = secondsPerClip * Double(base.extent.batch)
        let remaining = perStep * Double(left)
        base.pace = RunStatus.Pace(
            clipsPerSecond: 1 / max(secondsPerClip, 1e-9), secondsPerStep: perStep,
            secondsLeft: remaining)
        curves.append(
            step: summary.step.rawValue, loss: summary.loss, accuracy: summary.accuracy)
        // Rank order is that of the members; a generation that began meanwhile has other ones.
        guard members.count == summary.times.count else { return remaining }
        let workers = zip(members, summary.times).map { member, times in
            StepTimeline.Worker(worker: member.worker.rawValue, times: PhaseSeconds(times))
        }
        for worker in workers { times[worker.worker] = worker.times }
        timeline.append(
            StepTimeline.Entry(
                step: summary.step.rawValue, start: start, end: time, workers: workers))
        return remaining
    }

    public mutating func evaluated(_ evaluation: EvaluationPoint) {
        version += 1
        base.evaluation = evaluation
        curves.append(evaluation)
    }

    public mutating func saved(_ step: Step) {
        version += 1
        base.savedStep = max(base.savedStep, step.rawValue)
    }

    /// A worker is gone.
    public mutating func departed(
        _ worker: WorkerID, _ state: WorkerStatus.State, reason: String, at time: Double
    ) {
        version += 1
        guard let index = overview?.workers.firstIndex(where: { $0.worker == worker }),
            let seen = overview?.workers.remove(at: index)
        else { return }
        var last = self.worker(seen)
        last.state = state
        last.reason = reason
        last.gone = time
        times[worker.rawValue] = nil
        gone.append(last)
        if gone.count > Self.mostGone { gone.removeFirst() }
    }

    /// - Parameter time: Seconds since 1970.
    public mutating func ended(_ outcome: Outcome, at time: Double) {
        version += 1
        end = time
        base.phase = .ended
        base.reason = outcome.text
    }

    /// What the coordinator's machine sees at a moment.
    public mutating func observed(_ overview: CoordinatorOverview) {
        version += 1
        base.phase = RunStatus.Phase(overview.phase)
        // What the pace was tells nothing of the time until someone comes.
        if base.phase == .gathering { base.pace = nil }
        base.reason = overview.stopReason
        base.generation = overview.generation.rawValue
        self.overview = overview
        observedAt = .now
    }

    // MARK: What was before

    /// Takes over what an earlier coordinator measured.
    ///
    /// - Parameter step: Later steps are computed again, and are not taken.
    public mutating func resume(_ history: MetricsHistory, from step: Step) {
        for point in history.steps where point.step <= step.rawValue {
            curves.append(step: point.step, loss: point.loss, accuracy: point.accuracy)
            base.loss = point.loss
            base.accuracy = point.accuracy
            base.epoch = point.epoch
        }
        for point in history.evaluations where point.step <= step.rawValue {
            curves.append(point)
            base.evaluation = point
        }
    }
}

extension RunStatus {
    /// Mean over a step's slots.
    var clipsPerSlot: Double { Double(extent.batch) / Double(max(1, extent.slots)) }
}

extension RunStatus.Phase {
    init(_ phase: CoordinatorOverview.Phase) {
        self =
            switch phase {
            case .gathering: .gathering
            case .training: .training
            case .evaluating: .evaluating
            case .saving: .saving
            case .ended: .ended
            }
    }
}

extension WorkerStatus {
    init(_ worker: CoordinatorOverview.Worker, clipsPerSlot: Double, times: PhaseSeconds?) {
        self.init(
            worker: worker.worker.rawValue, host: worker.host, process: worker.process,
            threads: worker.threads, state: worker.isMember ? .member : .joining,
            activity: worker.activity.rawValue, slots: worker.slots.description,
            slotCount: worker.slots.count, finished: worker.finished.count,
            progress: worker.awaiting.flatMap { awaiting in
                awaiting.chunks > 0 ? Double(awaiting.chunk) / Double(awaiting.chunks) : nil
            },
            clipsPerSecond: worker.pace.map { clipsPerSlot / max($0, 1e-9) },
            silence: worker.silence.inSeconds, times: times, reason: worker.leaving, gone: nil)
    }
}

extension Outcome {
    /// For people.
    public var text: String {
        switch self {
        case .completed(let step): "complete at step \(step)"
        case .stopped(let saved, let reason): "stopped at step \(saved): \(reason)"
        case .failed(let reason): "failed: \(reason)"
        }
    }
}
