import Foundation
import Glibc
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
        try await expectRefusal(
            ["strat", "--run", "r"], status: 2, "no command 'strat'", "Did you mean 'start'?")
        // What misses is only misspelt.
        try await expectRefusal(
            ["start", "--config", "c", "--local-worker", "1"], status: 2,
            "Did you mean '--local-workers'?")
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

    @Test("a page's port in use is told of before a run directory is made")
    func pagePort() async throws {
        let tiny = try await TinyRun()
        let taken = try ListeningPort()
        try await expectRefusal(
            tiny.start("r", "--local-workers", "1", "--dashboard", "127.0.0.1:\(taken.number)"),
            "127.0.0.1:\(taken.number)", "name another with --dashboard")
        #expect(!FileManager.default.fileExists(atPath: tiny.path("r")))
    }

    /// A port of loopback that someone listens at.
    private final class ListeningPort {
        private let socket: Int32
        let number: UInt16

        init() throws {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            self.socket = socket
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isListening = withUnsafeMutablePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(socket, address, length) == 0 && listen(socket, 1) == 0
                        && getsockname(socket, address, &length) == 0
                }
            }
            number = UInt16(bigEndian: address.sin_port)
            try #require(isListening)
        }

        deinit { close(socket) }
    }

    @Test("files that cannot be written are told of before anything is computed for them")
    func outputs() async throws {
        let tiny = try await TinyRun()
        let run = try await Command("coordinator", tiny.start("r", "--local-workers", "1")).finish()
        #expect(run.status == 0, "\(run.errors)")
        let (path, lost) = (tiny.path("r"), tiny.path("none"))
        let problem = "there is no folder \(lost); make it"
        for words in [
            ["evaluate", "--run", path, "--confusion", lost + "/matrix.svg"],
            ["evaluate", "--run", path, "--per-video", lost + "/videos.csv"],
            ["export", "--run", path, lost + "/weights.safetensors"],
            ["timeline", "--run", path, "--output", lost + "/timeline.json"],
        ] {
            try await expectRefusal(words, problem)
        }
    }

    @Test("a run that diverged has failed, and says so once its coordinator is gone, too")
    func diverged() async throws {
        let tiny = try await TinyRun()
        try await expectRefusal(
            tiny.start("r", "--local-workers", "1", "--set", "train.optimizer.rate=1e30"),
            "is not a finite number", "lower train.optimizer.rate")
        let status = try await Command.run("coordinator", "status", "--run", tiny.path("r"))
        #expect(status.status == 0)
        #expect(status.output.contains("ended, step"), "\(status.output)")
        #expect(status.output.contains("failed: the loss of step"), "\(status.output)")
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
