import Foundation
import Testing

@Suite("A run at which strangers throw what they have", .serialized, .timeLimit(.minutes(5)))
struct FloodTests {
    /// Steps enough for the flood to end before the run does.
    private static func steps(_ count: Int) -> [String] {
        ["--set", "train.epochs=\(count)", "--set", "train.steps=\(count)"]
    }

    @Test("ends with the bits of one that is left alone, and its log stays short")
    func control() async throws {
        let tiny = try await TinyRun()
        let thrown = try await compare(tiny, steps: 100) { flood, line, _ in
            if let address = line.split(separator: " ").last, address.hasPrefix("tcp://127") {
                try await flood.begin { Flood.Stranger.atControl(String(address)) }
            }
        }
        #expect(["hellos", "garbage", "connections"].allSatisfy { thrown[$0, default: 0] > 0 })
    }

    @Test("loses no step, also where clips, states and gradients are what they throw at")
    func bulk() async throws {
        let tiny = try await TinyRun()
        let thrown = try await compare(tiny, steps: 300) { flood, line, coordinator in
            guard line.hasPrefix("2 workers at step") else { return }
            try await flood.begin {
                let processes = try await [coordinator] + workers(of: tiny.path("flooded"))
                let ports = try processes.map(listeningPorts)
                // The coordinator has control and clips, each worker gradients and its state.
                #expect(ports.map(\.count) == [2, 2, 2])
                return Flood.Stranger.atBulk(ports.flatMap { $0 })
            }
        }
        #expect(["requests", "chunks", "connections"].allSatisfy { thrown[$0, default: 0] > 0 })
        let records = try tiny.journal("flooded").compactMap { $0["record"] as? String }
        #expect(!records.contains("lost"))
    }

    /// A run that is left alone, and one that is not.
    ///
    /// - Parameter onLine: Sees what the second one says, and which process it is.
    private func compare(
        _ tiny: TinyRun, steps: Int,
        onLine: (Flood, String, Int32) async throws -> Void
    ) async throws -> [String: Int] {
        let steps = Self.steps(steps)
        let quiet = try await Command(
            "coordinator", tiny.start("quiet", "--local-workers", "2") + steps
        ).finish()
        #expect(quiet.status == 0, "\(quiet.errors)")
        let flood = Flood()
        let command = try Command(
            "coordinator", tiny.start("flooded", "--local-workers", "2") + steps)
        let run = try await command.finish { line in
            try await onLine(flood, line, command.identifier)
        }
        let thrown = try flood.end()
        #expect(run.status == 0, "\(run.errors)\(run.output)")
        #expect(run.weights != nil && run.weights == quiet.weights)
        #expect(run.errors.split(separator: "\n").count < 200, "\(run.errors)")
        #expect(run.output.split(separator: "\n").count < 400, "\(run.output)")
        let audit = try await Command.run("coordinator", "audit", "--run", tiny.path("flooded"))
        #expect(audit.status == 0 && audit.output.hasSuffix("clean"), "\(audit.output)")
        let pace = (try tiny.medianStep("quiet"), try tiny.medianStep("flooded"))
        print("a step takes \(pace.0) ms alone, \(pace.1) ms under \(thrown)")
        return thrown
    }

    private func workers(of run: String) async throws -> [Int32] {
        let text = try await Command.run("coordinator", "workers", "--run", run, "--json").output
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let workers = try #require(json as? [[String: Any]])
        return workers.compactMap { ($0["process"] as? Int).map(Int32.init) }
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
