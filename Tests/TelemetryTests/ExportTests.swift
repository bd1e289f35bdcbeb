import Foundation
import Metrics
import Telemetry
import Testing
import TrainingProtocol

@Suite("What other programs read of a run")
struct ExportTests {
    /// A Python with tensorboard.
    private static let python: String? = {
        guard let path = ProcessInfo.processInfo.environment["LOCKSTEP_PYTHON"],
            (try? run(path, ["-c", "import tensorboard"]))?.status == 0
        else { return nil }
        return path
    }()

    private static let hasPromtool =
        (try? run("/usr/bin/env", ["promtool", "--version"]))?.status == 0

    private static func run(
        _ program: String, _ arguments: [String], input: String = ""
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let (inward, outward) = (Pipe(), Pipe())
        process.standardInput = inward
        process.standardOutput = outward
        process.standardError = outward
        try process.run()
        try inward.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try inward.fileHandleForWriting.close()
        let output = outward.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// A recorder that has been through three steps, an evaluation and a loss.
    private func record(in directory: String, _ registry: PrometheusRegistry?) -> TelemetryRecorder
    {
        let telemetry = exampleTelemetry()
        let recorder = TelemetryRecorder(
            StatusBoard(telemetry), metrics: registry,
            events: EventFile(in: directory, telemetry.status.identity, from: 0)
        ) { Issue.record("\($0)") }
        recorder.began(Generation(3), members: exampleMembers())
        recorder.observed(exampleOverview())
        for step in 1...3 {
            recorder.committed(
                exampleCommit(UInt64(step)), seconds: 0.5, at: 1000 + Double(step) / 2,
                secondsPerClip: 0.06)
        }
        recorder.evaluated(
            EvaluationPoint(step: 3, loss: 0.75, top1: 0.5, top5: 1, clips: 4), at: 1002)
        recorder.happened("lost", "worker 2 is lost", at: 1001.2)
        recorder.departed(WorkerID(2), .lost, reason: "killed", at: 1001.2)
        return recorder
    }

    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = NSTemporaryDirectory() + "telemetry-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    @Test(
        "the tensorboard package reads the scalars, each record's checksums included",
        .enabled(if: python != nil, "LOCKSTEP_PYTHON does not name a Python with tensorboard"))
    func tensorboard() throws {
        try withDirectory { directory in
            _ = record(in: directory, nil)
            let program = """
                import sys
                from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
                events = EventAccumulator(sys.argv[1])
                events.Reload()
                loss = events.Scalars('train/loss')
                assert [one.step for one in loss] == [1, 2, 3], loss
                assert [round(1 / one.value) for one in loss] == [1, 2, 3], loss
                assert loss[0].wall_time == 1000.5, loss
                assert events.Scalars('validation/top1')[0].value == 0.5
                assert abs(events.Scalars('phase/compute')[0].value - 0.2) < 1e-6
                """
            let result = try Self.run(try #require(Self.python), ["-c", program, directory])
            #expect(result.status == 0, "\(result.output)")
        }
    }

    @Test("metrics are in Prometheus' text format, and those of a lost worker go")
    func prometheus() throws {
        try withDirectory { directory in
            let registry = PrometheusRegistry.ofRun()
            _ = record(in: directory, registry)
            let lines = registry.text.split(separator: "\n").map(String.init)
            for line in [
                "lockstep_step 3", "lockstep_last_step 100", "lockstep_committed_clips_total 24",
                "lockstep_step_duration_seconds_bucket{le=\"0.25\"} 0",
                "lockstep_step_duration_seconds_bucket{le=\"0.5\"} 3",
                "lockstep_step_duration_seconds_sum 1.5",
                "lockstep_worker_slots{worker=\"1\",host=\"node1\"} 1",
                "lockstep_events_total{kind=\"lost\"} 1",
                "# TYPE lockstep_committed_steps_total counter",
            ] { #expect(lines.contains(line), "\(line)") }
            #expect(!lines.contains { $0.contains("worker=\"2\"") })
        }
    }

    @Test("labels and help are escaped, and the same metric made twice is one")
    func escaping() {
        let registry = PrometheusRegistry(help: ["odd": "one\nline \\ two"])
        for _ in 0..<2 {
            Counter(label: "odd", dimensions: [("a", "say \"x\"\n\\")], factory: registry)
                .increment()
        }
        #expect(
            registry.text == #"""
                # HELP odd one\nline \\ two
                # TYPE odd counter
                odd{a="say \"x\"\n\\"} 2

                """#)
    }

    @Test(
        "promtool finds nothing wrong with the metrics",
        .enabled(if: hasPromtool, "promtool (Debian's package prometheus) is not installed"))
    func promtool() throws {
        try withDirectory { directory in
            let registry = PrometheusRegistry.ofRun()
            let recorder = record(in: directory, registry)
            recorder.observed(exampleOverview([1, 3]))
            let result = try Self.run(
                "/usr/bin/env", ["promtool", "check", "metrics"], input: registry.runText)
            #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
        }
    }

    @Test("a trace has one track a worker, whose spans follow each other, and marks what happened")
    func trace() throws {
        try withDirectory { directory in
            let telemetry = record(in: directory, nil).board.current
            let trace = TimelineTrace(
                telemetry.timeline.entries, happened: telemetry.status.events, name: "example")
            let json = try JSONSerialization.jsonObject(with: Data(try trace.json().utf8))
            let events = try #require(json as? [[String: Any]])
            let names = events.filter { $0["name"] as? String == "thread_name" }
                .compactMap { ($0["args"] as? [String: String])?["name"] }
            #expect(names == ["steps", "worker 1", "worker 2"])
            for worker in [1, 2] {
                let spans = events.filter {
                    $0["ph"] as? String == "X" && $0["tid"] as? Int == worker
                }
                #expect(spans.count == 15)
                #expect(
                    Set(spans.compactMap { $0["name"] as? String })
                        == ["update", "stream", "compute", "reduce", "wait"])
            }
            let marks = events.filter { $0["ph"] as? String == "i" }
            #expect(marks.compactMap { $0["name"] as? String } == ["lost"])
        }
    }

    @Test("a disk that takes no event files is told once, and holds nothing up")
    func fullDisk() {
        let telemetry = exampleTelemetry()
        var told = 0
        let recorder = TelemetryRecorder(
            StatusBoard(telemetry), metrics: nil,
            events: EventFile(in: "/dev/null/no", telemetry.status.identity, from: 0)
        ) { _ in told += 1 }
        recorder.began(Generation(1), members: exampleMembers())
        for step in 1...3 {
            recorder.committed(
                exampleCommit(UInt64(step)), seconds: 1, at: 0, secondsPerClip: 1)
        }
        #expect(told == 1)
        #expect(recorder.board.current.status.step == 3)
    }
}
