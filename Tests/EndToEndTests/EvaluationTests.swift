import Foundation
import Testing

/// Whether FFmpeg is on the search path.
private let hasFFmpeg =
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/ffmpeg") }

@Suite("What a run's weights are asked", .serialized, .timeLimit(.minutes(5)))
struct EvaluationTests {
    private func object(_ result: Command.Result) throws -> [String: Any] {
        #expect(result.status == 0, "\(result.errors)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    private func trained(_ more: String...) async throws -> TinyRun {
        let tiny = try await TinyRun()
        let result = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "1") + more
        ).finish()
        try #require(result.status == 0, "\(result.errors)")
        return tiny
    }

    @Test("several views, the confusion matrix and whole videos agree with each other")
    func views() async throws {
        let tiny = try await trained()
        let (svg, csv) = (tiny.path("c.svg"), tiny.path("c.csv"))
        let videos = tiny.path("videos.csv")
        let result = try await Command.run(
            "coordinator", "evaluate", "--run", tiny.path("r"), "--views", "3x2", "--json",
            "--confusion", svg, "--confusion", csv, "--per-video", videos)
        let found = try object(result)
        #expect(found["views"] as? String == "3x2")
        let counts = try #require(found["confusion"] as? [[Int]])
        #expect(counts.flatMap(\.self).reduce(0, +) == 12)
        let right = counts.indices.reduce(0) { $0 + counts[$1][$1] }
        #expect(found["top1"] as? Double == Double(right) / 12)
        let rows = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 5)
        for (row, own) in zip(rows.dropFirst(), counts) {
            #expect(row.split(separator: ",").suffix(4).map { Int($0) } == own.map { $0 })
        }
        #expect(try String(contentsOfFile: svg, encoding: .utf8).contains("Top-1 accuracy"))
        let report = try #require(found["videos"] as? [String: Any])
        let lines = try String(contentsOfFile: videos, encoding: .utf8).split(separator: "\n")
        #expect(lines.count - 1 == report["count"] as? Int)
        let usage = try await Command.run(
            "coordinator", "evaluate", "--run", tiny.path("r"), "--views", "3")
        #expect(usage.status == 2)
        let large = try await Command.run(
            "coordinator", "evaluate", "--run", tiny.path("r"), "--size", "21")
        #expect(large.status == 2 && large.errors.contains("--size takes at most 20"))
    }

    @Test("another crop size and precise batch norm change the scores and nothing on disk")
    func otherProtocols() async throws {
        let tiny = try await trained()
        let plain = try object(
            try await Command.run("coordinator", "evaluate", "--run", tiny.path("r"), "--json"))
        let files = try FileManager.default.subpathsOfDirectory(atPath: tiny.path("r"))
        var outputs: [String] = []
        for threads in ["1", "2"] {
            let result = try await Command.run(
                "coordinator", "evaluate", "--run", tiny.path("r"), "--json", "--size", "20",
                "--precise-bn", "20", "--threads", threads)
            let found = try object(result)
            #expect(found["size"] as? Int == 20)
            // Two steps of nine, and of the short third one the slots of 1 and 2 clips.
            #expect(found["precise_bn_clips"] as? Int == 21)
            #expect(found["loss"] as? Double != plain["loss"] as? Double)
            outputs.append(result.output)
        }
        #expect(outputs[0] == outputs[1], "threads decide no bit")
        #expect(try FileManager.default.subpathsOfDirectory(atPath: tiny.path("r")) == files)
    }

    @Test("each of several models is scored by itself, and their ensemble as in the run")
    func jointModels() async throws {
        let tiny = try await trained(
            "--set", "model.models=[{name: early, alpha: 2}, {name: late, alpha: 4}]")
        let result = try await Command.run("coordinator", "evaluate", "--run", tiny.path("r"))
        let lines = result.output.split(separator: "\n").map(String.init)
        for name in ["early", "late", "ensemble"] {
            #expect(lines.contains { $0.hasPrefix(name) && $0.contains("top-1") }, "\(lines)")
        }
        let found = try object(
            try await Command.run("coordinator", "evaluate", "--run", tiny.path("r"), "--json"))
        let models = try #require(found["models"] as? [[String: Any]])
        #expect(models.map { $0["name"] as? String } == ["early", "late"])
        let losses = models.map { $0["loss"] as? Double } + [found["loss"] as? Double]
        #expect(Set(losses).count == 3, "each has logits of its own")
        let metrics = try String(contentsOfFile: tiny.path("r") + "/metrics.jsonl", encoding: .utf8)
        let last = try #require(metrics.split(separator: "\n").last { $0.contains("evaluation") })
        let line = try #require(
            try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
        #expect(line["top1"] as? Double == found["top1"] as? Double)
    }

    @Test(
        "predict names classes of a video without the dataset, and goes on after what is no video",
        .enabled(if: hasFFmpeg, "ffmpeg is not on the search path"))
    func predict() async throws {
        let tiny = try await trained()
        try FileManager.default.removeItem(atPath: tiny.data)
        let video = tiny.path("test source.avi")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i",
            "testsrc=size=48x32:rate=25", "-frames:v", "30", "-c:v", "mpeg4", video,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let one = try await Command.run(
            "coordinator", "predict", "--run", tiny.path("r"), video, "--top", "2")
        #expect(one.status == 0, "\(one.errors)")
        let lines = one.output.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].contains("(30 frames, 10 views)"), "\(one.output)")
        let both = try await Command.run(
            "coordinator", "predict", "--run", tiny.path("r"), tiny.config, video, "--views", "2x3",
            "--json")
        #expect(both.status == 1)
        #expect(both.errors.split(separator: "\n").count == 1, "\(both.errors)")
        let found = try #require(
            try JSONSerialization.jsonObject(with: Data(both.output.utf8)) as? [String: Any])
        let videos = try #require(found["videos"] as? [[String: Any]])
        #expect((videos[0]["error"] as? String)?.contains("tiny.yaml") == true)
        #expect(videos[1]["views"] as? Int == 6)
        let classes = try #require(videos[1]["classes"] as? [[String: Any]])
        let sum = classes.reduce(0.0) { $0 + ($1["probability"] as? Double ?? 0) }
        #expect(classes.count == 4 && abs(sum - 1) < 1e-9)
    }
}
