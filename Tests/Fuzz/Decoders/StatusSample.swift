import Telemetry
import TrainingProtocol

/// A run that trains, of which one worker went.
enum StatusSample {
    static let telemetry: RunTelemetry = {
        var telemetry = RunTelemetry(
            RunStatus(
                identity: RunStatus.Identity(
                    name: "example", run: "9", directory: "/runs/mine", host: "head", process: 7,
                    address: "tcp://127.0.0.1:5555", started: 1000, term: 1),
                extent: RunStatus.Extent(steps: 100, epochs: 4, batch: 8, slots: 4)))
        telemetry.began(
            Generation(1),
            members: [MemberEntry(worker: WorkerID(1), host: "node", slots: SlotSet(0..<4))])
        telemetry.observed(
            CoordinatorOverview(
                phase: .training, generation: Generation(1), committed: Step(3), saved: Step(2),
                stopReason: "asked", workers: [worker(1), worker(2)]))
        _ = telemetry.committed(
            CommitSummary(
                step: Step(3), epoch: Epoch(0), samples: 8, loss: .nan, accuracy: 0.5,
                times: [PhaseTimes(computing: .milliseconds(3))]), from: 1000, at: 1000.5,
            secondsPerClip: 0.5)
        telemetry.evaluated(EvaluationPoint(step: 2, loss: 1, top1: 0.25, top5: 1, clips: 8))
        telemetry.happened("joined", "worker 1", at: 1000.5)
        telemetry.departed(WorkerID(2), .lost, reason: "killed", at: 1001)
        return telemetry
    }()

    private static func worker(_ number: UInt64) -> CoordinatorOverview.Worker {
        CoordinatorOverview.Worker(
            worker: WorkerID(number), host: "node", process: 77, threads: 4, isMember: true,
            activity: .reducing, slots: SlotSet(0..<4), finished: SlotSet([1, 3]),
            awaiting: Awaiting(ranks: [Rank(0)], chunk: 3, chunks: 9, bytes: 77), pace: 0.5,
            silence: .milliseconds(100), leaving: nil)
    }
}
