import Foundation
import Telemetry
import Testing
import TrainingProtocol

@Suite("What is shown of a run")
struct RunTelemetryTests {
    @Test("a lost worker stays in sight with the reason, after those that are there")
    func lost() throws {
        var telemetry = exampleTelemetry()
        telemetry.began(Generation(3), members: exampleMembers())
        telemetry.observed(exampleOverview())
        telemetry.departed(WorkerID(1), .lost, reason: "killed by signal 9", at: 50)
        #expect(telemetry.status.workers.map(\.worker) == [2, 1])
        telemetry.observed(exampleOverview([2, 3]))
        let workers = telemetry.status.workers
        #expect(workers.map(\.worker) == [2, 3, 1])
        #expect(workers.map(\.state) == [.member, .member, .lost])
        #expect(workers.last?.reason == "killed by signal 9" && workers.last?.gone == 50)
        #expect(telemetry.status.members == 2)
    }

    @Test("a commit gives loss, pace, time left, and each member its times")
    func committed() throws {
        var telemetry = exampleTelemetry()
        telemetry.began(Generation(3), members: exampleMembers())
        telemetry.observed(exampleOverview())
        let left = telemetry.committed(
            exampleCommit(20), from: 10, at: 10.4, secondsPerClip: 0.05)
        #expect(abs(left - 80 * 8 * 0.05) < 1e-9)
        let status = telemetry.status
        #expect(status.step == 20 && status.loss == 0.05 && status.share == 0.2)
        #expect(status.pace?.clipsPerSecond == 20)
        #expect(status.workers.allSatisfy { $0.times?.compute == 0.2 })
        #expect(status.workers.first?.clipsPerSecond == 4, "two clips a slot, half a second each")
        #expect(telemetry.timeline.entries.first?.workers.map(\.worker) == [1, 2])
    }

    @Test("no time is left to tell while workers are waited for, until the next commit")
    func waiting() {
        var telemetry = exampleTelemetry()
        telemetry.began(Generation(3), members: exampleMembers())
        _ = telemetry.committed(exampleCommit(20), from: 10, at: 10.4, secondsPerClip: 0.05)
        telemetry.observed(exampleOverview([], phase: .gathering))
        #expect(telemetry.status.pace == nil && telemetry.status.loss == 0.05)
        telemetry.observed(exampleOverview())
        #expect(telemetry.status.pace == nil)
        _ = telemetry.committed(exampleCommit(21), from: 90, at: 90.4, secondsPerClip: 0.1)
        #expect(telemetry.status.pace?.clipsPerSecond == 10)
    }

    @Test("events are kept up to a number, and of saves in a row the last")
    func events() {
        var telemetry = exampleTelemetry()
        for number in 1...500 { telemetry.happened("joined", "\(number)", at: 0) }
        #expect(telemetry.status.events.count == 200)
        #expect(telemetry.status.events.last?.detail == "500")
        for step in 1...9 { telemetry.happened("saved", "step \(step)", at: 0) }
        #expect(telemetry.status.events.suffix(2).map(\.detail) == ["500", "step 9"])
    }

    @Test("who was there at the end has left with the run, and who was lost before stays lost")
    func end() {
        var telemetry = exampleTelemetry()
        telemetry.observed(exampleOverview([1, 2, 3]))
        telemetry.departed(WorkerID(2), .lost, reason: "killed", at: 50)
        telemetry.ended(.completed(Step(100)), at: 60)
        let workers = telemetry.status.workers
        #expect(workers.map(\.worker) == [1, 3, 2])
        #expect(workers.map(\.state) == [.left, .left, .lost])
        #expect(workers.map(\.gone) == [60, 60, 50])
    }

    @Test("the status comes back from its JSON as it was, numbers that are not finite included")
    func json() throws {
        var telemetry = exampleTelemetry()
        telemetry.began(Generation(3), members: exampleMembers())
        telemetry.observed(exampleOverview())
        telemetry.departed(WorkerID(1), .lost, reason: "a \"reason\"\nof two lines", at: 50)
        telemetry.happened("lost", "ünïcode", at: 1.5)
        telemetry.evaluated(
            EvaluationPoint(step: 1, loss: .infinity, top1: 0.5, top5: 1, clips: 9))
        let status = telemetry.status
        #expect(try RunStatus(json: status.json()) == status)
        #expect(try RunStatus(json: status.json(pretty: true)) == status)
    }

    @Test("a resumed run shows the curves from before its state, and no later ones")
    func resumed() throws {
        let path = NSTemporaryDirectory() + "metrics-\(UUID().uuidString).jsonl"
        defer { unlink(path) }
        let text = """
            {"kind":"step","step":1,"epoch":0,"loss":3,"accuracy":0.1,"clips":8,"time":1,"seconds":1,"times":[]}
            {"kind":"step","step":2,"epoch":0,"loss":2,"acc
            not a line of ours
            {"kind":"evaluation","step":1,"loss":2.5,"top1":0.2,"top5":0.6,"clips":4,"time":1.5}
            {"kind":"step","step":2,"epoch":0,"loss":2,"accuracy":0.2,"clips":8,"time":2,"seconds":1,\
            "workers":[4],"times":[{"clips":0.1,"compute":0.5,"reduce":0.2,"update":0}]}
            {"kind":"step","step":3,"epoch":0,"loss":"nan","accuracy":0.3,"clips":8,"time":3,"seconds":1}
            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let history = try MetricsHistory(contentsOf: path)
        #expect(history.steps.map(\.step) == [1, 2, 3])
        #expect(history.timeline[1].workers.map(\.worker) == [4])
        var telemetry = exampleTelemetry()
        telemetry.resume(history, from: Step(2))
        #expect(telemetry.curves.points.map(\.loss) == [3, 2])
        #expect(telemetry.curves.evaluations.map(\.step) == [1])
        #expect(telemetry.status.loss == 2)
        #expect(try MetricsHistory(contentsOf: path + ".none").steps.isEmpty)
    }
}
