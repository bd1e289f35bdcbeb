import Foundation
import Testing

@Suite("A run at which strangers throw what they have", .serialized, .timeLimit(.minutes(5)))
struct FloodTests {
    /// Steps enough for the flood to end before the run does.
    private static let steps = ["--set", "train.epochs=40", "--set", "train.steps=100"]

    @Test("ends with the bits of one that is left alone, and its log stays short")
    func flood() async throws {
        let tiny = try await TinyRun()
        let quiet = try await Command(
            "coordinator", tiny.start("quiet", "--local-workers", "2") + Self.steps
        ).finish()
        #expect(quiet.status == 0, "\(quiet.errors)")
        let flood = try Flood()
        let run = try await Command(
            "coordinator", tiny.start("flooded", "--local-workers", "2") + Self.steps
        ).finish { line in
            if let address = line.split(separator: " ").last, address.hasPrefix("tcp://127") {
                try flood.begin(at: String(address))
            }
        }
        let thrown = try flood.end()
        #expect(run.status == 0, "\(run.errors)\(run.output)")
        #expect(run.weights != nil && run.weights == quiet.weights)
        #expect(thrown.hellos > 0 && thrown.garbage > 0 && thrown.connections > 0)
        #expect(run.errors.split(separator: "\n").count < 200, "\(run.errors)")
        #expect(run.output.split(separator: "\n").count < 400, "\(run.output)")
        let audit = try await Command.run("coordinator", "audit", "--run", tiny.path("flooded"))
        #expect(audit.status == 0 && audit.output.hasSuffix("clean"), "\(audit.output)")
        let pace = (try tiny.medianStep("quiet"), try tiny.medianStep("flooded"))
        print(
            "a step takes \(pace.0) ms alone, \(pace.1) ms under \(thrown.hellos) hellos, "
                + "\(thrown.garbage) frames of garbage and \(thrown.connections) connections")
    }
}

extension TinyRun {
    /// Milliseconds.
    fileprivate func medianStep(_ name: String) throws -> Double {
        let text = try String(contentsOfFile: path(name) + "/metrics.jsonl", encoding: .utf8)
        let seconds = try text.split(separator: "\n").compactMap { line -> Double? in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let line = object as? [String: Any], line["kind"] as? String == "step" else {
                return nil
            }
            return line["seconds"] as? Double
        }.sorted()
        let median = seconds.isEmpty ? .nan : seconds[seconds.count / 2]
        return (median * 10_000).rounded() / 10
    }
}
