import Foundation
import Telemetry
import TrainingProtocol

/// Tells people, the metrics file and those who watch what a run does.
final class RunReporter {
    private let schedule: StepSchedule
    private let epochs: Int
    private let metrics = MetricsLines()
    private let appendMetric: (String) throws -> Void
    private let output: ReportOutput
    private let telemetry: TelemetryRecorder
    /// Of the generation, in rank order.
    private var members: [MemberEntry] = []
    private var lastCommit = ContinuousClock.now
    /// Smoothed seconds a clip; nil before the first step.
    private var secondsPerClip: Double?
    private var lastEvaluation: EvaluationSummary?
    private var metricsFailed = false
    /// Losses that are told with what became of the slots.
    private var losses = LossNotice()

    /// - Parameter appendMetric: Appends a line to the metrics file.
    init(
        schedule: StepSchedule, epochs: Int, output: ReportOutput,
        telemetry: TelemetryRecorder, appendMetric: @escaping (String) throws -> Void
    ) {
        self.schedule = schedule
        self.epochs = epochs
        self.output = output
        self.telemetry = telemetry
        self.appendMetric = appendMetric
    }

    func say(_ text: String) { output.say(text) }

    func observe(_ overview: CoordinatorOverview) {
        telemetry.observed(overview)
        tellLosses()
    }

    /// The last word, which programs read too.
    func end(_ outcome: Outcome) {
        tellLosses()
        // Other ends are in the journal; of a failure nothing else would tell once this process is gone.
        if case .failed = outcome { keep(RunEvent.failed, outcome.text) }
        telemetry.ended(outcome, at: .now)
        output.close()
    }

    /// Of losses that no generation took over from.
    private func tellLosses() {
        if let text = losses.take(members: members, after: nil) { output.tell(text) }
    }

    func note(_ note: CoordinatorNote) {
        switch note {
        case .lost, .aborted, .began(_, _, _, takesOver: true, _): break
        default: tellLosses()
        }
        switch note {
        case .joined(let worker, let before, let host, let threads):
            let plural = threads == 1 ? "thread" : "threads"
            let who =
                before.map { "worker \($0) is back as worker \(worker)" }
                ?? "worker \(worker) joined"
            event("joined", "\(who) from \(host) with \(threads) \(plural)")
        case .refused(let host, let reason):
            event("refused", "a connection from \(host) was refused: \(reason)")
        case .began(let generation, let state, let members, let takesOver, let reason):
            telemetry.began(generation, members: members)
            began(state, members, takesOver: takesOver, reason: reason)
        case .aborted(let report):
            keep("aborted", report.text)
            losses.aborted(report.step, lostSlots: report.lostSlots, text: report.text)
        case .committed(let summary):
            committed(summary)
        case .evaluated(let summary):
            evaluated(summary)
        case .saving:
            break
        case .saveFailed(let step, let reason):
            event(
                "save_failed",
                "the state of step \(step) is not saved, and the run goes on without: \(reason)")
        case .left(let worker, let reason):
            departed(worker, .left, reason)
            event("left", "worker \(worker) left: \(reason)")
        case .waiting(let reason):
            event(
                "waiting",
                "no worker is left (\(reason)); the run waits for one to join, Ctrl-C ends it")
        case .rewound(let from, let to):
            event(
                "rewound",
                "nobody holds the state of step \(from) any more: the steps after \(to) are computed "
                    + "again, to the same bits")
        case .saved(let step):
            telemetry.saved(step)
            keep("saved", "step \(step)")
        case .lost(let worker, let reason):
            departed(worker, .lost, reason)
            keep("lost", "worker \(worker) is lost: \(reason)")
            losses.lost(worker, reason)
        case .stopping(let reason):
            event("stopping", "stopping: \(reason)")
        }
    }

    private func began(
        _ state: Step, _ members: [MemberEntry], takesOver: Bool, reason: String
    ) {
        let before = self.members
        self.members = members
        if !takesOver { lastCommit = .now }
        let noun = members.count == 1 ? "worker" : "workers"
        let place =
            takesOver
            ? "in the middle of step \(state.next) of \(schedule.lastStep)"
            : "at step \(state) of \(schedule.lastStep)"
        let text = "\(members.count) \(noun) \(place): \(reason)"
        keep("began", text)
        let told = takesOver ? losses.take(members: before, after: members) : nil
        output.tell(told ?? text)
    }

    private func departed(_ worker: WorkerID, _ state: WorkerStatus.State, _ reason: String) {
        telemetry.departed(worker, state, reason: reason, at: .now)
    }

    private func committed(_ summary: CommitSummary) {
        let seconds = (ContinuousClock.now - lastCommit).inSeconds
        lastCommit = .now
        let time = Double.now
        let perClip = seconds / Double(max(1, summary.samples))
        let smoothed = secondsPerClip.map { 0.8 * $0 + 0.2 * perClip } ?? perClip
        secondsPerClip = smoothed
        telemetry.committed(
            summary, seconds: seconds, at: time, secondsPerClip: smoothed)
        record(
            MetricsLines.StepLine(
                time: time, step: summary.step.rawValue, epoch: summary.epoch.rawValue,
                loss: summary.loss, accuracy: summary.accuracy, clips: summary.samples,
                seconds: seconds, clipsPerSecond: 1 / perClip,
                workers: members.map(\.worker.rawValue),
                times: summary.times.map { MetricsLines.Times(PhaseSeconds($0)) }))
        output.update(progress(summary))
    }

    private func progress(_ summary: CommitSummary) -> ProgressText {
        let pace = secondsPerClip ?? 0
        let left = Int(schedule.lastStep.rawValue - summary.step.rawValue)
        let remaining = Double(left * schedule.batch) * pace
        let speed = 1 / max(pace, 1e-9)
        let place = "\(summary.step)/\(schedule.lastStep)"
        let count = members.count
        var parts: [ProgressText.Part] = [
            .init("step " + place, short: place),
            .init(remaining.clock + " left"),
            .init("loss " + summary.loss.fixed(4), short: "loss " + summary.loss.fixed(2)),
            .init(
                "accuracy " + summary.accuracy.percent,
                short: "acc " + summary.accuracy.wholePercent),
            .init(
                speed.fixed(1) + " clips/s", short: speed.fixed(speed < 10 ? 1 : 0) + " clips/s"),
            .init("\(count) " + (count == 1 ? "worker" : "workers"), short: "\(count) w"),
        ]
        if let top1 = lastEvaluation?.top1 {
            parts.append(.init("val " + top1.percent, short: "val " + top1.wholePercent))
        }
        parts.append(.init("epoch \(summary.epoch.rawValue + 1)/\(epochs)"))
        return ProgressText(
            parts: parts,
            share: Double(summary.step.rawValue) / Double(schedule.lastStep.rawValue),
            leastImportant: (6..<parts.count).reversed() + [5, 3, 4, 2, 1])
    }

    private func evaluated(_ summary: EvaluationSummary) {
        lastEvaluation = summary
        // An evaluation is no part of a step's time.
        lastCommit = .now
        let time = Double.now
        let point = EvaluationPoint(
            step: summary.step.rawValue, loss: summary.loss, top1: summary.top1,
            top5: summary.top5, clips: summary.samples)
        telemetry.evaluated(point, at: time)
        record(MetricsLines.EvaluationLine(time: time, point))
        let epoch = schedule.epoch(of: summary.step).rawValue + 1
        output.tell(
            "epoch \(epoch)/\(epochs), step \(summary.step): validation loss "
                + "\(summary.loss.fixed(4)), top-1 \(summary.top1.percent), "
                + "top-5 \(summary.top5.percent) of \(summary.samples) clips")
    }

    private func event(_ name: String, _ detail: String) {
        keep(name, detail)
        output.tell(detail)
    }

    /// An event that those who watch the progress do not see, or in other words.
    private func keep(_ name: String, _ detail: String) {
        let time = Double.now
        telemetry.happened(name, detail, at: time)
        record(MetricsLines.EventLine(time: time, event: name, detail: detail))
    }

    /// Metrics are for people: a full disk must not end a run that can go on, but it is told, once.
    private func record(_ value: some Encodable) {
        do {
            let line = try metrics.line(value)
            output.show(line)
            try appendMetric(line)
        } catch {
            if !metricsFailed { output.say("metrics are not kept from here on: \(error)") }
            metricsFailed = true
        }
    }
}

extension Double {
    /// A share as `93.8 %`.
    var percent: String { (100 * self).fixed(1) + " %" }

    /// A share as `94 %`.
    var wholePercent: String { (100 * self).fixed(0) + " %" }
}
