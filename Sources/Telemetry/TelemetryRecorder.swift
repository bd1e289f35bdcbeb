public import CoreMetrics
public import TrainingProtocol

/// Passes on what happens to a run to those who show it: the status board, monitoring, TensorBoard's files. It belongs to the control
/// thread; none of them holds it up.
public final class TelemetryRecorder {
    public let board: StatusBoard
    private let metrics: RunMetrics?
    private let events: EventFile
    private let onFailure: (String) -> Void
    private var members: [MemberEntry] = []
    private var eventsFailed = false

    /// - Parameters:
    ///   - metrics: Nil where nobody asks.
    ///   - onFailure: Told once that TensorBoard's files cannot be written: they are for people, and a full disk must not end a
    ///     run that can go on.
    public init(
        _ board: StatusBoard, metrics: (any MetricsFactory)?, events: EventFile,
        onFailure: @escaping (String) -> Void
    ) {
        self.board = board
        self.metrics = metrics.map { RunMetrics($0, board.current.status) }
        self.events = events
        self.onFailure = onFailure
    }

    public func happened(_ kind: String, _ detail: String, at time: Double) {
        board.update { $0.happened(kind, detail, at: time) }
        metrics?.happened(kind)
    }

    public func began(_ generation: Generation, members: [MemberEntry]) {
        self.members = members
        board.update { $0.began(generation, members: members) }
    }

    /// - Parameters:
    ///   - seconds: Since the commit before, or since the generation began.
    ///   - time: Of the commit, seconds since 1970.
    public func committed(
        _ summary: CommitSummary, seconds: Double, at time: Double, secondsPerClip: Double
    ) {
        let left = board.update {
            $0.committed(
                summary, from: time - seconds, at: time, secondsPerClip: secondsPerClip)
        }
        metrics?.committed(summary, members, seconds: seconds, remaining: left)
        write(
            [
                ("train/loss", summary.loss), ("train/accuracy", summary.accuracy),
                ("speed/clips_per_second", Double(summary.samples) / max(seconds, 1e-9)),
                ("speed/seconds_per_step", seconds), ("speed/workers", Double(members.count)),
            ] + Self.means(summary.times.map(PhaseSeconds.init)), summary.step, at: time)
    }

    public func evaluated(_ point: EvaluationPoint, at time: Double) {
        board.update { $0.evaluated(point) }
        metrics?.evaluated(point)
        write(
            [
                ("validation/loss", point.loss), ("validation/top1", point.top1),
                ("validation/top5", point.top5),
            ], Step(point.step), at: time)
    }

    public func saved(_ step: Step) {
        board.update { $0.saved(step) }
        metrics?.saved(step)
    }

    public func departed(
        _ worker: WorkerID, _ state: WorkerStatus.State, reason: String, at time: Double
    ) {
        board.update { $0.departed(worker, state, reason: reason, at: time) }
        metrics?.departed(worker)
    }

    public func observed(_ overview: CoordinatorOverview) {
        let clipsPerSlot = board.update { telemetry in
            telemetry.observed(overview)
            return telemetry.clipsPerSlot
        }
        metrics?.observed(overview, clipsPerSlot: clipsPerSlot)
    }

    public func ended(_ outcome: Outcome, at time: Double) {
        board.update { $0.ended(outcome, at: time) }
    }

    /// What a member spent in each phase on average.
    private static func means(_ times: [PhaseSeconds]) -> [(String, Double)] {
        guard !times.isEmpty else { return [] }
        let mean = { (part: KeyPath<PhaseSeconds, Double>) in
            times.reduce(0) { $0 + $1[keyPath: part] } / Double(times.count)
        }
        return [
            ("phase/stream", mean(\.stream)), ("phase/compute", mean(\.compute)),
            ("phase/reduce", mean(\.reduce)), ("phase/update", mean(\.update)),
        ]
    }

    private func write(_ values: [(tag: String, value: Double)], _ step: Step, at time: Double) {
        guard !eventsFailed else { return }
        do {
            try events.write(values, step: step.rawValue, at: time)
        } catch {
            eventsFailed = true
            onFailure("TensorBoard's files are not kept from here on: \(error)")
        }
    }
}
