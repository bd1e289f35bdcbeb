import Foundation
import Testing

@Suite("What is refused", .serialized, .timeLimit(.minutes(5)))
struct BadInputTests {
    /// Runs `coordinator` and expects a one-line error that says all of `words`.
    private func expectRefusal(
        _ arguments: [String], status: Int32 = 1, _ words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await Command("coordinator", arguments).finish()
        #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
        let lines = result.errors.split(separator: "\n")
        if status == 1 {
            #expect(lines.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
        }
        for word in words {
            #expect(
                result.errors.contains(word), "no \"\(word)\" in: \(result.errors)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("usage that makes no sense ends with status 2")
    func usage() async throws {
        try await expectRefusal(["start"], status: 2, "--local-workers")
        try await expectRefusal(["start", "--local-workers", "1"], status: 2, "--config")
        try await expectRefusal(["strat"], status: 2, "strat")
    }

    @Test("a missing, foreign or damaged dataset is named, and no run directory is made")
    func datasets() async throws {
        let tiny = try await TinyRun()
        let start = { (data: String) in
            ["start", "--config", tiny.config, "--run", tiny.path("r"), "--local-workers", "1"]
                + ["--data", data]
        }
        try await expectRefusal(start(tiny.path("none.h5")), "none.h5")
        try await expectRefusal(start(tiny.config), "tiny.yaml")
        let whole = try Data(contentsOf: URL(fileURLWithPath: tiny.data))
        let cut = tiny.path("cut.h5")
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: cut))
        try await expectRefusal(start(cut), "cut.h5")
        #expect(!FileManager.default.fileExists(atPath: tiny.path("r")))
    }

    @Test(
        "a run that is resumed with another dataset is refused, and its configuration stays as it was"
    )
    func otherDataset() async throws {
        let tiny = try await TinyRun()
        let other = try await TinyRun(seed: 9)
        let run = try await Command(
            "coordinator", tiny.start("a", "--local-workers", "1", "--set", "train.steps=2")
        ).finish()
        #expect(run.status == 0, "\(run.errors)")
        let before = try String(contentsOfFile: tiny.path("a") + "/config.yaml", encoding: .utf8)
        try await expectRefusal(
            ["start", "--run", tiny.path("a"), "--local-workers", "1", "--data", other.data],
            "not the dataset of the run")
        // Clips of other classes: nothing is said of how the model could be fitted to them.
        let few = tiny.path("few.h5")
        let made = try await Command.run(
            "coordinator", "dataset", "synthesize", few, "--classes-appearance", "1",
            "--classes-motion", "3", "--train", "6", "--frames", "4", "--size", "20")
        #expect(made.status == 0, "\(made.errors)")
        try await expectRefusal(
            ["start", "--run", tiny.path("a"), "--local-workers", "1", "--data", few],
            "not the dataset of the run")
        try await expectRefusal(
            tiny.start("a", "--local-workers", "1", "--set", "model.input.frames=6"),
            "holds a run of another configuration")
        try await expectRefusal(
            ["evaluate", "--run", tiny.path("a"), "--data", few], few,
            "name clips of the classes that the model was trained on")
        let after = try String(contentsOfFile: tiny.path("a") + "/config.yaml", encoding: .utf8)
        #expect(before == after)
    }

    @Test("an unknown key names the nearest one, and what does not fit the dataset is said")
    func configurations() async throws {
        let tiny = try await TinyRun()
        let start = { (key: String) in
            tiny.start("r", "--local-workers", "1", "--set", key)
        }
        try await expectRefusal(start("train.batsh=4"), "train.batsh", "did you mean batch")
        try await expectRefusal(start("model.input.size=64"), "model.input.size", "20x20")
        try await expectRefusal(start("train.batch=2"), "train.batch", "slots")
        #expect(!FileManager.default.fileExists(atPath: tiny.path("r")))
    }

    @Test("a port in use, and the directory of another run, are refused and left alone")
    func taken() async throws {
        let tiny = try await TinyRun()
        let run = try Command(
            "coordinator", tiny.start("a", "--local-workers", "1", "--workers", "2"))
        let first = try await run.finish { line in
            guard let address = line.split(separator: " ").last, address.hasPrefix("tcp://") else {
                return
            }
            try await self.expectRefusal(
                tiny.start("b", "--local-workers", "1", "--bind", String(address)), "in use")
            #expect(!FileManager.default.fileExists(atPath: tiny.path("b")))
            try await self.expectRefusal(
                ["start", "--run", tiny.path("a"), "--local-workers", "1"], "process")
            run.send(SIGINT)
        }
        #expect(first.status == 75)
        let before = try String(contentsOfFile: tiny.path("a") + "/config.yaml", encoding: .utf8)
        try await expectRefusal(
            tiny.start("a", "--local-workers", "1", "--set", "seed=6"), "seed")
        let after = try String(contentsOfFile: tiny.path("a") + "/config.yaml", encoding: .utf8)
        #expect(before == after)
    }

    @Test("a worker whose coordinator is not there says so and leaves")
    func nobody() async throws {
        let result = try await Command.run("worker", "join", "tcp://127.0.0.1:1", "--threads", "1")
        #expect(result.status == 1)
        #expect(result.errors.contains("nobody answers"))
        let wrong = try await Command.run("worker", "join", "head")
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("tcp://HOST:PORT"))
    }
}
