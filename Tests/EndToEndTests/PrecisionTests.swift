import Foundation
import Testing

@Suite("A run in bf16", .timeLimit(.minutes(5)))
struct PrecisionTests {
    @Test("is evaluated, exported, audited, replayed and resumed as any other")
    func tools() async throws {
        let tiny = try await TinyRun()
        let start = tiny.start("r", "--local-workers", "2", "--threads-per-worker", "1")
        let half = try await Command(
            "coordinator",
            start + ["--set", "model.slow.width=32"]
                + ["--set", "train.precision=bf16", "--set", "train.steps=3"]
        ).finish()
        #expect(half.status == 0 || half.status == 75, "\(half.errors)\(half.output)")
        for more in [
            [
                "start", "--run", tiny.path("r"), "--local-workers", "1", "--set",
                "train.steps=null",
            ],
            ["evaluate", "--run", tiny.path("r"), "--split", "val"],
            ["export", "--run", tiny.path("r"), tiny.path("weights.safetensors")],
            ["audit", "--run", tiny.path("r")],
            ["replay", "--run", tiny.path("r"), "--step", "5", "--threads", "2"],
        ] {
            let result = try await Command("coordinator", more).finish()
            #expect(result.status == 0, "\(more): \(result.errors)\(result.output)")
        }
        let other = try await Command.run(
            "coordinator", "start", "--run", tiny.path("r"), "--local-workers", "1", "--set",
            "train.precision=fp32")
        #expect(other.status != 0)
        #expect(other.errors.contains("train.precision"), "\(other.errors)")
    }
}
