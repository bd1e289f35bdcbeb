import Foundation
import Testing

@Suite("A disk that is full")
struct FullDiskTests {
    /// States are larger, the journal of a run is not; then nothing is.
    @Test(
        "costs a run its saved states and not its steps: with room again it ends with its bits",
        arguments: [10, 2])
    func full(kilobytes: Int) async throws {
        let tiny = try await TinyRun()
        let whole = try await Command("coordinator", tiny.start("whole", "--local-workers", "2"))
            .finish()
        let run = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "2"), fileKilobytes: kilobytes
        ).finish()
        #expect(run.status == 1)
        #expect(run.errors.contains("File too large"), "\(run.errors)")
        if kilobytes == 10 {
            #expect(run.output.contains("the run goes on without"), "\(run.output)")
            #expect(try tiny.journal("r").count { $0["record"] as? String == "committed" } == 6)
        }
        let saved = try FileManager.default.contentsOfDirectory(
            atPath: tiny.path("r") + "/checkpoints")
        #expect(saved.allSatisfy { $0.hasPrefix(".") }, "what is not whole has no name: \(saved)")
        let rest = try await Command(
            "coordinator", ["start", "--run", tiny.path("r"), "--local-workers", "2"]
        ).finish()
        #expect(rest.status == 0, "\(rest.errors)\(rest.output)")
        #expect(rest.weights != nil && rest.weights == whole.weights)
        let audit = try await Command.run("coordinator", "audit", "--run", tiny.path("r"))
        #expect(audit.status == 0 && audit.output.hasSuffix("clean"), "\(audit.output)")
    }
}
