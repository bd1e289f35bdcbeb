import Foundation
import Testing

/// What people do who have not read everything.
@Suite("First steps", .serialized, .timeLimit(.minutes(5)))
struct FirstStepsTests {
    /// Whether a process has ended; one that nobody waited for has, too.
    private func hasEnded(_ process: Int32) -> Bool {
        guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
            let close = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return true }
        return stat[(close + 2)...].first == UInt8(ascii: "Z")
    }

    @Test("a second interrupt ends the run at once, leaves no worker behind and says how to go on")
    func secondInterrupt() async throws {
        let tiny = try await TinyRun()
        let run = try Command(
            "coordinator",
            tiny.start("r", "--local-workers", "2", "--dashboard", "127.0.0.1:0") + TinyRun.long)
        var workers: [Int32] = []
        let result = try await run.finish { line in
            if line.hasPrefix("2 workers at step 0") {
                workers = try RunTests.workers(of: run.identifier)
                // The step under way does not end, so that the first interrupt waits for it.
                for worker in workers { kill(worker, SIGSTOP) }
                run.send(SIGINT)
            } else if line.hasPrefix("stopping: interrupted") {
                run.send(SIGINT)
            }
        }
        #expect(result.status == 75, "\(result.errors)")
        #expect(result.output.contains("stopped at once at step "), "\(result.output)")
        let resumption =
            "to go on: coordinator start --run \(tiny.path("r")) --local-workers 2 --dashboard 127.0.0.1:0"
        #expect(result.output.contains(resumption), "\(result.output)")
        #expect(workers.count == 2)
        // The system takes a moment to end them.
        for worker in workers { while !hasEnded(worker) { await Task.yield() } }
    }

    @Test("a worker that is drained has left, with status 0")
    func drained() async throws {
        let tiny = try await TinyRun()
        let path = tiny.path("r")
        let run = try Command(
            "coordinator",
            tiny.start("r", "--local-workers", "1", "--workers", "2")
                + ["--set", "train.epochs=100000"])
        var guest: Command?
        _ = try await run.finish { line in
            if guest == nil, let address = line.split(separator: " ").last,
                address.hasPrefix("tcp://")
            {
                guest = try Command(
                    "worker", ["join", String(address), "--threads", "1", "--wait", "20s"])
            } else if line.hasPrefix("2 workers at step 0"), let guest {
                let list = try await Command.run("coordinator", "workers", "--run", path, "--json")
                let json = try JSONSerialization.jsonObject(with: Data(list.output.utf8))
                let workers = try #require(json as? [[String: Any]])
                let mine = try #require(
                    workers.first { $0["process"] as? Int == Int(guest.identifier) })
                let number = try #require(mine["worker"] as? Int)
                _ = try await Command.run("coordinator", "drain", "\(number)", "--run", path)
            } else if line.hasSuffix("left: drained") {
                run.send(SIGINT)
            }
        }
        let left = try await #require(guest).finish()
        #expect(left.status == 0, "\(left.errors)")
        #expect(left.output == "left the run, which goes on: drained")
    }

    @Test("a directory that holds a run says so, and is not made to end before what it has")
    func heldRun() async throws {
        let tiny = try await TinyRun()
        let start = { (steps: String) in
            tiny.start("r", "--local-workers", "1", "--set", "train.steps=" + steps)
        }
        let first = try await Command("coordinator", start("2")).finish()
        #expect(first.status == 0 && !first.output.contains("holds this run"))
        let shorter = try await Command("coordinator", start("1")).finish()
        #expect(shorter.status == 1)
        #expect(shorter.errors.contains("has committed step 2 already"), "\(shorter.errors)")
        let longer = try await Command("coordinator", start("3")).finish()
        #expect(longer.status == 0, "\(longer.errors)")
        #expect(
            longer.output.contains(
                "holds this run already (finished at step 2); its configuration changes: train.steps "
                    + "2 -> 3"), "\(longer.output)")
    }

    @Test(
        "clips that are not where the configuration says are named by --data, and the error says so"
    )
    func missingClips() async throws {
        let tiny = try await TinyRun()
        let run = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "1", "--set", "train.steps=1")
        ).finish()
        #expect(run.status == 0, "\(run.errors)")
        let file = tiny.path("r") + "/final/model.safetensors"
        let made = ["import", file, "--config", tiny.config, "--out"]
        for (name, more) in [("bare", []), ("named", ["--data", tiny.data])] {
            let result = try await Command("coordinator", made + [tiny.path(name)] + more).finish()
            #expect(result.status == 0, "\(result.errors)")
        }
        let bare = try await Command.run("coordinator", "evaluate", "--run", tiny.path("bare"))
        #expect(bare.status == 1)
        #expect(
            bare.errors.contains(
                "no such file (data.path of the configuration); name the clips with --data FILE"),
            "\(bare.errors)")
        let named = try await Command.run("coordinator", "evaluate", "--run", tiny.path("named"))
        #expect(named.status == 0, "\(named.errors)")

        let exported = tiny.path("weights.safetensors")
        for (more, status) in [([], 0), ([], 1), (["--force"], 0)] {
            let result = try await Command(
                "coordinator", ["export", "--run", tiny.path("r"), exported] + more
            ).finish()
            #expect(result.status == Int32(status), "\(result.errors)")
        }
    }

    @Test("flags that contradict each other are refused, and others are taken by themselves")
    func flags() async throws {
        let tiny = try await TinyRun()
        let few = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "2", "--workers", "1")
        ).finish()
        #expect(few.status == 2 && few.errors.contains("--workers counts the local ones"))
        let explain = ["start", "--explain-timeouts", "--set", "transport.worker_timeout=10 s"]
        let times = try await Command("coordinator", explain).finish()
        #expect(times.status == 0 && times.output.contains("10.000 s"), "\(times.output)")
        for program in ["coordinator", "worker"] {
            let version = try await Command.run(program, "--version")
            #expect(version.status == 0 && version.output.contains("protocol"))
        }
    }

    @Test("more workers than a step has slots are said to idle, and train to the same end")
    func manyWorkers() async throws {
        let tiny = try await TinyRun()
        let run = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "5", "--set", "train.steps=2")
        ).finish()
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("a step has 4 slots (train.slots): 1 of them will idle"))
    }
}
