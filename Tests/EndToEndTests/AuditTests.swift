import Foundation
import Testing

@Suite("Audit and replay", .serialized, .timeLimit(.minutes(5)))
struct AuditTests {
    @Test("of a run whose workers were killed find every clip counted once, and the same digests")
    func sound() async throws {
        let tiny = try await TinyRun()
        let run = try Command(
            "coordinator",
            tiny.start("r", "--local-workers", "2") + TinyRun.long
                + ["--set", "train.checkpoint_every=40 steps"])
        var kills = 0
        let result = try await run.finish { line in
            guard kills < 3, line.hasPrefix("2 workers at step"),
                let victim = try RunTests.workers(of: run.identifier).first
            else { return }
            kills += 1
            kill(victim, SIGKILL)
        }
        #expect(result.status == 0, "\(result.errors)")
        let audit = try await Command.run("coordinator", "audit", "--run", tiny.path("r"))
        #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
        #expect(audit.output.contains("150 of 150 finished epochs"), "\(audit.output)")
        let json = try await Command.run("coordinator", "audit", "--run", tiny.path("r"), "--json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["clean"] as? Bool == true && object["commits"] as? Int == 450)
        for step in ["3", "449"] {
            let replay = try await Command.run(
                "coordinator", "replay", "--run", tiny.path("r"), "--step", step, "--threads", "1")
            // Of the early steps no state is kept, and the seed is where it begins.
            #expect(replay.status == 0, "\(replay.output)\(replay.errors)")
            #expect(replay.output.contains("step \(step)  "))
        }
        let late = try await Command.run(
            "coordinator", "replay", "--run", tiny.path("r"), "--step", "451")
        #expect(late.status == 1 && late.errors.contains("not committed"))
    }

    @Test("find a journal that was edited, though its lines' checksums are right")
    func edited() async throws {
        let tiny = try await TinyRun()
        let run = try await Command("coordinator", tiny.start("r", "--local-workers", "1"))
            .finish()
        #expect(run.status == 0)
        let path = tiny.path("r") + "/journal"
        var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            .map { String($0.split(separator: "\t")[0]) }
        let index = try #require(lines.firstIndex { $0.contains(#""step":2"#) })
        lines.remove(at: index)
        var checksum: UInt32 = 0
        let text = lines.map { line in
            checksum = Self.checksum(line, after: checksum)
            let digits = String(checksum, radix: 16)
            return "\(line)\t\(String(repeating: "0", count: 8 - digits.count))\(digits)\n"
        }.joined()
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let audit = try await Command.run("coordinator", "audit", "--run", tiny.path("r"))
        #expect(audit.status == 1)
        #expect(audit.output.contains("the commit of step 2 is missing"), "\(audit.output)")
    }

    /// zlib's `crc32(text, before)`.
    private static func checksum(_ line: String, after before: UInt32) -> UInt32 {
        var sum = ~before
        for byte in line.utf8 {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
