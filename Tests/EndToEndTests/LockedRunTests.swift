import Foundation
import Testing

@Suite("A run with keys", .serialized, .timeLimit(.minutes(5)))
struct LockedRunTests {
    /// Makes keys for the run `r`, and a token for a worker where a name is given.
    private func lock(_ tiny: TinyRun, token: String? = nil) async throws {
        let keys = try await Command.run("coordinator", "keys", "--run", tiny.path("r"))
        #expect(keys.status == 0, "\(keys.errors)")
        guard let token else { return }
        let made = try await Command.run(
            "coordinator", "token", "--run", tiny.path("r"), "--name", token, "--out",
            tiny.path(token))
        #expect(made.status == 0, "\(made.errors)")
    }

    @Test("an address that other machines reach is refused without keys, and nothing is made")
    func wideBind() async throws {
        let tiny = try await TinyRun()
        let run = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "1", "--bind", "tcp://10.0.0.1:0")
        ).finish()
        #expect(run.status == 1)
        #expect(run.errors.contains("coordinator keys --run \(tiny.path("r"))"), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: tiny.path("r")))
    }

    @Test(
        "has the bits of one without; its own workers and one with a token get in",
        arguments: ["false", "true"])
    func bits(cleartextGradients: String) async throws {
        let tiny = try await TinyRun()
        let clear = try await Command("coordinator", tiny.start("c", "--local-workers", "1"))
            .finish()
        try await lock(tiny, token: "guest")
        let run = try Command(
            "coordinator",
            tiny.start(
                "r", "--local-workers", "1", "--workers", "2", "--set",
                "transport.cleartext_gradients=\(cleartextGradients)"))
        let guests = Guests()
        let locked = try await run.finish { line in
            guard line.contains("worker join tcp://"), await guests.isFirst(),
                let address = line.split(separator: " ").first(where: { $0.hasPrefix("tcp://") })
            else { return }
            await guests.add(
                try Command(
                    "worker",
                    ["join", String(address), "--token", tiny.path("guest"), "--threads", "1"]))
        }
        #expect(locked.status == 0, "\(locked.errors)")
        #expect(locked.weights != nil && locked.weights == clear.weights)
        for guest in await guests.all { #expect(try await guest.finish().status == 0) }
        let tokens = try await Command.run("coordinator", "tokens", "--run", tiny.path("r"))
        #expect(tokens.output.contains("guest   used on"), "\(tokens.output)")
        #expect(tokens.output.contains("local-1 used on"), "\(tokens.output)")
    }

    @Test(
        "a worker that never heard that it was taken up gets in by its key, and shows its token no more"
    )
    func unheardEnrolment() async throws {
        let tiny = try await TinyRun()
        try await lock(tiny, token: "guest")
        let key = tiny.path("guest") + ".key"
        let run = try Command("coordinator", tiny.start("r", "--workers", "1") + TinyRun.long)
        let guests = Guests()
        var join: [String] = []
        let result = try await run.finish { line in
            if line.contains("worker join tcp://"), await guests.isFirst(),
                let address = line.split(separator: " ").first(where: { $0.hasPrefix("tcp://") })
            {
                join = ["join", String(address), "--token", tiny.path("guest"), "--threads", "1"]
                await guests.add(try Command("worker", join))
            } else if line.hasPrefix("worker 1 joined"), let first = await guests.all.first {
                first.send(SIGKILL)
                // As it was before the answer.
                let text = try String(contentsOfFile: key, encoding: .utf8)
                #expect(text.contains("enrolled"))
                try text.replacing("enrolled", with: "new")
                    .write(toFile: key, atomically: true, encoding: .utf8)
                await guests.add(try Command("worker", join))
            } else if line.hasPrefix("worker 2 joined") {
                run.send(SIGINT)
            }
        }
        #expect(result.status == 75, "\(result.output)\(result.errors)")
        for guest in await guests.all { _ = try await guest.finish() }
        #expect(try String(contentsOfFile: key, encoding: .utf8).contains("enrolled"))
    }

    @Test("tells a worker that came by loopback that others would not reach it")
    func loopback() async throws {
        let tiny = try await TinyRun()
        try await lock(tiny, token: "near")
        let run = try Command(
            "coordinator", tiny.start("r", "--workers", "1", "--bind", "tcp://0.0.0.0:0"))
        let guests = Guests()
        let result = try await run.finish { line in
            guard line.contains("worker join tcp://"), await guests.isFirst(),
                let port = line.split(separator: " ").first(where: { $0.hasPrefix("tcp://") })?
                    .split(separator: ":").last
            else { return }
            let near = try await Command.run(
                "worker", "join", "tcp://127.0.0.1:\(port)", "--token", tiny.path("near"),
                "--threads", "1")
            #expect(near.status == 1 && near.errors.contains("by loopback"), "\(near.errors)")
            run.send(SIGINT)
        }
        #expect(result.output.contains("was refused: it came by loopback"), "\(result.output)")
    }

    private actor Guests {
        private(set) var all: [Command] = []
        private var hasBegun = false
        func isFirst() -> Bool {
            defer { hasBegun = true }
            return !hasBegun
        }
        func add(_ command: Command) { all.append(command) }
    }

    @Test("refuses who has no token, a used one or a revoked one, says why, and trains on")
    func refusals() async throws {
        let tiny = try await TinyRun()
        try await lock(tiny, token: "used")
        try FileManager.default.copyItem(atPath: tiny.path("used"), toPath: tiny.path("copy"))
        try FileManager.default.copyItem(atPath: tiny.path("used"), toPath: tiny.path("late"))
        let run = try Command(
            "coordinator",
            // Far more steps than pass until the last is turned away, after which it is stopped.
            tiny.start(
                "r", "--local-workers", "1", "--workers", "2", "--set", "train.epochs=20000",
                "--set", "train.checkpoint_every=1000 epochs"))
        let guests = Guests()
        let result = try await run.finish { line in
            if line.contains("worker join tcp://"), await guests.isFirst(),
                let address = line.split(separator: " ").first(where: { $0.hasPrefix("tcp://") })
            {
                try await turnedAway(tiny, String(address))
                run.send(SIGINT)
            }
        }
        #expect(result.status == 75, "\(result.errors)")
        for reason in ["token", "lets in one worker only", "used was revoked"] {
            #expect(
                result.output.split(separator: "\n").contains {
                    $0.contains("was refused: ") && $0.contains(reason)
                }, "\(reason): \(result.output)")
        }
        let drained = try await Command.run("coordinator", "drain", "1", "--run", tiny.path("r"))
        #expect(drained.status == 1)
        #expect(drained.errors.contains("r is not under way: stopped"), "\(drained.errors)")
    }

    private func turnedAway(_ tiny: TinyRun, _ address: String) async throws {
        let clear = try await Command.run("worker", "join", address, "--threads", "1")
        #expect(clear.status == 1 && clear.errors.contains("--token FILE"), "\(clear.errors)")
        let guest = try Command(
            "worker", ["join", address, "--token", tiny.path("used"), "--threads", "1"])
        // The key beside the token is noted as enrolled before the worker joins.
        let key = tiny.path("used") + ".key"
        let isEnrolled = {
            FileManager.default.contents(atPath: key)?.firstRange(of: Data("enrolled".utf8)) != nil
        }
        while !isEnrolled() { await Task.yield() }
        let copy = try await Command.run(
            "worker", "join", address, "--token", tiny.path("copy"), "--threads", "1")
        #expect(copy.status == 1 && copy.errors.contains("used by another"), "\(copy.errors)")
        let revoked = try await Command.run(
            "coordinator", "revoke", "used", "--run", tiny.path("r"))
        #expect(revoked.status == 0)
        let ended = try await guest.finish()
        #expect(ended.status == 1 && ended.errors.contains("revoked"), "\(ended.errors)")
        let late = try await Command.run(
            "worker", "join", address, "--token", tiny.path("late"), "--threads", "1")
        #expect(late.status == 1 && late.errors.contains("refused"), "\(late.errors)")
    }
}
