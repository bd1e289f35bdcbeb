import Foundation
import Testing

@Suite("coordinator profile", .serialized, .timeLimit(.minutes(5)))
struct ProfileTests {
    private static let config = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appending(path: "../../configs/quickstart.yaml")
        .standardizedFileURL.path

    private func profile(_ arguments: String...) async throws -> Command.Result {
        try await Command("coordinator", ["profile", "--config", Self.config] + arguments).finish()
    }

    @Test("prints a table, or JSON and a trace, and needs no dataset")
    func output() async throws {
        let table = try await profile("--steps", "1")
        #expect(table.status == 0, "\(table.errors)")
        for words in ["models.0.fast.lstm.0", "sgemm", "clips/s", "update", "of its limit"] {
            #expect(table.output.contains(words), "no \"\(words)\" in: \(table.output)")
        }
        let trace = NSTemporaryDirectory() + "lockstep-" + UUID().uuidString + ".json"
        let json = try await profile(
            "--steps", "1", "--threads", "1", "--json", "--trace", trace, "--set",
            "train.slots=8")
        #expect(json.status == 0, "\(json.errors)")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let setting = try #require(object["setting"] as? [String: Any])
        #expect(setting["clips"] as? Int == 2)
        #expect(setting["threads"] as? Int == 1)
        let events = try JSONSerialization.jsonObject(
            with: try Data(contentsOf: URL(fileURLWithPath: trace)))
        #expect((events as? [Any])?.isEmpty == false)
        try FileManager.default.removeItem(atPath: trace)
    }

    @Test("refuses what makes no sense, and says what to do")
    func refusals() async throws {
        let usage: [([String], String)] = [
            (["--threads", "0"], "--threads takes a number from 1 to 1024"),
            (["--steps", "0"], "--steps takes a number from 1"),
        ]
        for (arguments, words) in usage {
            let result = try await Command(
                "coordinator", ["profile", "--config", Self.config] + arguments
            ).finish()
            #expect(result.status == 2, "\(result.errors)")
            #expect(result.errors.contains(words), "\(result.errors)")
        }
        for (trace, words) in [
            ("/tmp", "is a folder; name a file"),
            ("/nowhere/step.json", "there is no folder /nowhere; make it"),
        ] {
            let result = try await profile("--trace", trace)
            #expect(result.status == 1)
            #expect(result.errors.contains(words), "\(result.errors)")
        }
        let key = try await profile("--set", "train.slotz=2")
        #expect(key.status == 1)
        #expect(key.errors.contains("did you mean slots"), "\(key.errors)")
        let config = try await Command("coordinator", ["profile", "--config", "none.yaml"]).finish()
        #expect(config.status == 1)
        #expect(config.errors.contains("none.yaml"), "\(config.errors)")
    }
}
