import Foundation
import Testing

/// Weights that come from elsewhere, over real processes.
@Suite("A run with first weights from elsewhere", .serialized, .timeLimit(.minutes(10)))
struct FirstWeightsTests {
    private func coordinator(_ arguments: [String]) async throws -> Command.Result {
        try await Command("coordinator", arguments).finish()
    }

    /// A run of the slow branch alone, as the first stage.
    private func firstStage(_ tiny: TinyRun) async throws {
        let stage = try await coordinator(
            tiny.start("stage1", "--local-workers", "1", "--set", "train.steps=2")
                + ["--set", "model.models.0.branches=slow"])
        try #require(stage.status == 0, "\(stage.errors)")
    }

    private let frozen = ["--set", "train.freeze=[models.0.slow]"]

    @Test("has the same bits with any number of workers, and says what it took")
    func sameBits() async throws {
        let tiny = try await TinyRun()
        try await firstStage(tiny)
        let from = ["--from", tiny.path("stage1")]
        let one = try await coordinator(tiny.start("one", "--local-workers", "1") + from)
        #expect(one.status == 0, "\(one.errors)")
        #expect(one.output.contains("from the seed: models.0.fast, models.0.head"), "\(one.output)")
        #expect(one.output.contains("the head is of another shape"), "\(one.output)")
        let two = try await coordinator(tiny.start("two", "--local-workers", "2") + from)
        #expect(two.weights != nil && two.weights == one.weights)
        let seeded = try await coordinator(tiny.start("seeded", "--local-workers", "1"))
        #expect(seeded.weights != one.weights)
        let config = try String(contentsOfFile: tiny.path("one") + "/config.yaml", encoding: .utf8)
        #expect(config.contains("from_sha256: ") && !config.contains("from_sha256: null"))
    }

    @Test("killed before its first checkpoint, goes on from its own copy to the same bits")
    func killedEarly() async throws {
        let tiny = try await TinyRun()
        try await firstStage(tiny)
        let from = ["--from", tiny.path("stage1")]
        let whole = try await coordinator(
            tiny.start("whole", "--local-workers", "1") + from + TinyRun.long)
        let run = try Command(
            "coordinator", tiny.start("r", "--local-workers", "2") + from + TinyRun.long)
        let result = await run.finish { line in
            if line.hasPrefix("step ") { run.send(SIGKILL) }
        }
        #expect(result.status == SIGKILL)
        try FileManager.default.removeItem(atPath: tiny.path("stage1"))
        let rest = try await coordinator(["start", "--run", tiny.path("r"), "--local-workers", "1"])
        #expect(rest.status == 0, "\(rest.errors)")
        #expect(rest.weights != nil && rest.weights == whole.weights)
    }

    @Test("is not resumed with other first weights, nor begun with what does not fit")
    func refusals() async throws {
        let tiny = try await TinyRun()
        try await firstStage(tiny)
        let file = tiny.path("stage1") + "/final/model.safetensors"
        let start = tiny.start("r", "--local-workers", "1", "--set", "train.steps=2")
        let run = try await coordinator(start + ["--from", file])
        #expect(run.status == 0, "\(run.errors)")
        let other = try await coordinator(start + ["--from", tiny.path("r")])
        #expect(other.status == 1 && other.errors.contains("train.from_sha256"), "\(other.errors)")
        let wide = try await coordinator(
            tiny.start("wide", "--local-workers", "1", "--set", "model.slow.width=8")
                + ["--from", file])
        #expect(wide.status == 1 && wide.errors.contains("models.0.slow"), "\(wide.errors)")
        let digest = try await coordinator(
            tiny.start("digest", "--local-workers", "1", "--from", file)
                + ["--set", "train.from_sha256=" + String(repeating: "ab", count: 32)])
        #expect(digest.status == 1 && digest.errors.contains("SHA-256"), "\(digest.errors)")
        let nameless = try await coordinator(
            tiny.start("nameless", "--local-workers", "1")
                + ["--set", "train.from_sha256=" + String(repeating: "ab", count: 32)])
        #expect(nameless.status == 1 && nameless.errors.contains("train.from names none"))
        let none = try await coordinator(
            tiny.start("none", "--local-workers", "1", "--from", tiny.path("nothing")))
        #expect(none.status == 1 && none.errors.contains("nothing"), "\(none.errors)")
        for name in ["wide", "digest", "nameless", "none"] {
            #expect(!FileManager.default.fileExists(atPath: tiny.path(name)))
        }
    }

    @Test("that are frozen, keeps them to the bit, with any number of workers")
    func frozenBits() async throws {
        let tiny = try await TinyRun()
        try await firstStage(tiny)
        var hashes: [String?] = []
        for workers in ["1", "3"] {
            let run = try await coordinator(
                tiny.start("r" + workers, "--local-workers", workers, "--from", tiny.path("stage1"))
                    + frozen)
            #expect(run.status == 0, "\(run.errors)")
            hashes.append(run.weights)
        }
        #expect(hashes[0] != nil && hashes[0] == hashes[1])
        var exported: [Data] = []
        for name in ["stage1", "r1"] {
            let file = tiny.path(name + ".safetensors")
            let export = try await coordinator(
                ["export", "--run", tiny.path(name), "--names", "torchvision", file])
            #expect(export.status == 0, "\(export.errors)")
            // The headers differ in the step, and the counts of batches lie first.
            let data = try Data(contentsOf: URL(fileURLWithPath: file))
            let header = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            let text = String(decoding: data[8..<8 + header], as: UTF8.self)
            let counts = text.components(separatedBy: "num_batches_tracked").count - 1
            exported.append(Data(data[(8 + header + 8 * counts)...]))
        }
        #expect(!exported[0].isEmpty && exported[0] == exported[1])
    }

    @Test("is made by an import, evaluated as it is, and then started")
    func imported() async throws {
        let tiny = try await TinyRun()
        try await firstStage(tiny)
        let file = tiny.path("resnet.safetensors")
        let export = try await coordinator(
            ["export", "--run", tiny.path("stage1"), "--names", "torchvision", file])
        #expect(export.output.contains("left out: models.0.head"), "\(export.output)")
        let made = try await coordinator(
            ["import", file, "--config", tiny.config, "--set", "data.path=" + tiny.data]
                + ["--out", tiny.path("made")])
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("torchvision's names"), "\(made.output)")
        let scored = try await coordinator(["evaluate", "--run", tiny.path("made"), "--json"])
        #expect(scored.status == 0, "\(scored.errors)")
        let run = try await coordinator([
            "start", "--run", tiny.path("made"), "--local-workers", "2",
        ])
        let direct = try await coordinator(
            tiny.start("direct", "--local-workers", "1", "--from", file))
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.weights != nil && run.weights == direct.weights)
    }
}
