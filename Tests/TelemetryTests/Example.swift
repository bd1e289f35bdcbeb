import Telemetry
import TrainingProtocol

/// A run of 100 steps with a batch of 8 clips in 4 slots.
func exampleTelemetry() -> RunTelemetry {
    RunTelemetry(
        RunStatus(
            identity: RunStatus.Identity(
                name: "example", run: "00000000000000ff", directory: "/runs/example", host: "head",
                process: 7, address: "tcp://127.0.0.1:5555", started: 1000, term: 1),
            extent: RunStatus.Extent(steps: 100, epochs: 4, batch: 8, slots: 4)))
}

func exampleOverview(
    _ workers: [UInt64] = [1, 2], phase: CoordinatorOverview.Phase = .training
) -> CoordinatorOverview {
    CoordinatorOverview(
        phase: phase, generation: Generation(3), committed: Step(1), saved: Step(0),
        stopReason: nil,
        workers: workers.map { number in
            CoordinatorOverview.Worker(
                worker: WorkerID(number), host: "node\(number)", process: 40, threads: 2,
                isMember: true, activity: .computing, slots: SlotSet([Int(number)]),
                finished: SlotSet(), awaiting: nil, pace: 0.5, silence: .milliseconds(20),
                leaving: nil)
        })
}

func exampleMembers(_ workers: [UInt64] = [1, 2]) -> [MemberEntry] {
    workers.map {
        MemberEntry(worker: WorkerID($0), host: "node\($0)", slots: SlotSet([Int($0)]))
    }
}

/// Each worker computes for 200 ms, and takes a tenth of it for everything else.
func exampleCommit(_ step: UInt64, workers: Int = 2) -> CommitSummary {
    let times = PhaseTimes(
        waitingForClips: .milliseconds(20), computing: .milliseconds(200),
        reducing: .milliseconds(20), updating: .milliseconds(20))
    return CommitSummary(
        step: Step(step), epoch: Epoch(0), samples: 8, loss: 1 / Double(step), accuracy: 0.5,
        times: Array(repeating: times, count: workers))
}
