import Foundation
import Testing

/// Real processes over real sockets. One at a time: the machine has few cores, and they are the point.
@Suite("A run of real processes", .serialized, .timeLimit(.minutes(10)))
struct RunTests {
    @Test("has the same bits with any number of workers and threads")
    func sameBits() async throws {
        let tiny = try await TinyRun()
        var hashes: [String] = []
        for (workers, threads) in [(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (6, 1)] {
            let result = try await Command(
                "coordinator",
                tiny.start(
                    "w\(workers)t\(threads)", "--local-workers", "\(workers)",
                    "--threads-per-worker", "\(threads)")
            ).finish()
            #expect(result.status == 0, "\(result.errors)\(result.output)")
            hashes.append(try #require(result.weights))
        }
        #expect(Set(hashes).count == 1, "\(hashes)")
    }

    @Test("has the same bits with one and two workers when everything that varies clips is on")
    func sameVariedBits() async throws {
        let tiny = try await TinyRun()
        let varied = [
            "data.stride=2", "data.blur=0.8", "data.augment.time=0.5",
            "data.augment.area=[0.3, 1]", "data.augment.brightness=0.4",
            "data.augment.contrast=0.4", "data.augment.saturation=0.4", "train.mixup=0.3",
            "model.input.frames=2",
        ].flatMap { ["--set", $0] }
        var hashes: [String] = []
        for (workers, threads) in [(1, 1), (2, 1), (1, 2)] {
            let result = try await Command(
                "coordinator",
                tiny.start(
                    "w\(workers)t\(threads)", "--local-workers", "\(workers)",
                    "--threads-per-worker", "\(threads)") + varied
            ).finish()
            #expect(result.status == 0, "\(result.errors)\(result.output)")
            hashes.append(try #require(result.weights))
        }
        #expect(Set(hashes).count == 1, "\(hashes)")
    }

    @Test("counts every sample of an epoch once, also where the last batch is short")
    func everySampleOnce() async throws {
        let tiny = try await TinyRun()
        let result = try await Command("coordinator", tiny.start("r", "--local-workers", "2"))
            .finish()
        #expect(result.status == 0, "\(result.errors)")
        let commits = try tiny.journal("r").filter { $0["record"] as? String == "committed" }
        #expect(commits.count == 6)
        for epoch in 0..<2 {
            let samples = commits.filter { $0["epoch"] as? Int == epoch }
                .flatMap { $0["samples"] as? [Int] ?? [] }
            #expect(samples.sorted() == Array(0..<24))
        }
    }

    @Test(
        "stopped by a step limit and resumed with other workers, has the bits of an undisturbed one"
    )
    func resume() async throws {
        let tiny = try await TinyRun()
        let whole = try await Command("coordinator", tiny.start("whole", "--local-workers", "1"))
            .finish()
        let half = try await Command(
            "coordinator",
            tiny.start("half", "--local-workers", "2", "--set", "train.steps=3")
        ).finish()
        #expect(half.status == 0, "\(half.errors)")
        #expect(half.weights != whole.weights)
        let rest = try await Command(
            "coordinator",
            [
                "start", "--run", tiny.path("half"), "--set", "train.steps=100",
                "--local-workers", "3",
            ]
        ).finish()
        #expect(rest.status == 0, "\(rest.errors)")
        #expect(rest.weights != nil && rest.weights == whole.weights)
        let again = try await Command(
            "coordinator", ["start", "--run", tiny.path("half"), "--local-workers", "1"]
        ).finish()
        #expect(again.weights == whole.weights, "a complete run says its hash again")
    }

    @Test(
        "twenty killed workers cost no clip, no step and no bit: others go on, and new ones take their seats"
    )
    func killedWorkers() async throws {
        let tiny = try await TinyRun()
        let endless = [
            "--set", "train.epochs=100000", "--set", "train.checkpoint_every=100 epochs",
        ]
        let run = try Command(
            "coordinator", tiny.start("r", "--local-workers", "3") + endless)
        var kills = 0
        let stopped = try await run.finish { line in
            // Each time that all are there again, one is killed.
            guard line.hasPrefix("3 workers at step") else { return }
            if kills == 20 { return run.send(SIGINT) }
            guard let victim = try Self.workers(of: run.identifier).last else { return }
            kill(victim, SIGKILL)
            kills += 1
        }
        #expect(stopped.status == 75, "\(stopped.errors)")
        #expect(stopped.output.contains("killed by signal 9"), "\(stopped.output)")
        // Each is told with its cause, whichever of its traces was found first.
        #expect(!stopped.output.contains("its connection closed"), "\(stopped.output)")
        let commits = try tiny.journal("r").filter { $0["record"] as? String == "committed" }
        #expect(commits.compactMap { $0["step"] as? Int } == Array(1...commits.count))
        let steps = ["--set", "train.steps=\(commits.count)", "--local-workers", "1"]
        let rest = try await Command("coordinator", ["start", "--run", tiny.path("r")] + steps)
            .finish()
        let whole = try await Command("coordinator", tiny.start("whole") + endless + steps)
            .finish()
        #expect(rest.status == 0 && whole.status == 0, "\(rest.errors)\(whole.errors)")
        #expect(rest.weights != nil && rest.weights == whole.weights)
    }

    @Test(
        "a killed coordinator leaves a run that goes on to the same bits, each sample counted once")
    func killedCoordinator() async throws {
        let tiny = try await TinyRun()
        let whole = try await Command(
            "coordinator", tiny.start("whole", "--local-workers", "1") + TinyRun.long
        ).finish()
        let run = try Command(
            "coordinator", tiny.start("r", "--local-workers", "2") + TinyRun.long)
        let result = await run.finish { line in
            if line.hasPrefix("step ") { run.send(SIGKILL) }
        }
        #expect(result.status == SIGKILL)
        let rest = try await Command(
            "coordinator", ["start", "--run", tiny.path("r"), "--local-workers", "2"]
        ).finish()
        #expect(rest.status == 0, "\(rest.errors)\(rest.output)")
        #expect(rest.weights != nil && rest.weights == whole.weights)
        let samples = try tiny.journal("r").filter {
            $0["record"] as? String == "committed" && $0["epoch"] as? Int == 0
        }.flatMap { $0["samples"] as? [Int] ?? [] }
        #expect(samples.sorted() == Array(0..<24), "a step that is computed again is counted once")
    }

    @Test("killed while it saves after every step, again and again, a run still ends with its bits")
    func killedWhileSaving() async throws {
        let tiny = try await TinyRun()
        let whole = try await Command("coordinator", tiny.start("whole", "--local-workers", "1"))
            .finish()
        let saving = ["--set", "train.checkpoint_every=1 step", "--local-workers", "1"]
        for round in 0..<4 {
            let run = try Command(
                "coordinator",
                round == 0
                    ? tiny.start("r") + saving : ["start", "--run", tiny.path("r")] + saving)
            let result = await run.finish { line in
                if line.hasPrefix("step ") { run.send(SIGKILL) }
            }
            // The last rounds may find nothing left to do.
            #expect(result.status == SIGKILL || result.status == 0, "\(result.errors)")
        }
        let rest = try await Command(
            "coordinator", ["start", "--run", tiny.path("r"), "--local-workers", "1"]
        ).finish()
        #expect(rest.status == 0, "\(rest.errors)\(rest.output)")
        #expect(rest.weights != nil && rest.weights == whole.weights)
    }

    @Test("an interrupt finishes the step, saves it, and says how to go on")
    func interrupt() async throws {
        let tiny = try await TinyRun()
        let run = try Command(
            "coordinator", tiny.start("r", "--local-workers", "1") + TinyRun.long)
        let result = await run.finish { line in
            if line.contains("worker at step 0") { run.send(SIGINT) }
        }
        #expect(result.status == 75, "\(result.errors)")
        #expect(result.output.contains("coordinator start --run"))
    }

    @Test("a worker that joins by hand takes part, and ends with the run")
    func joining() async throws {
        let tiny = try await TinyRun()
        let run = try Command(
            "coordinator", tiny.start("r", "--local-workers", "1", "--workers", "2"))
        var guest: Command?
        let result = try await run.finish { line in
            guard let address = line.split(separator: " ").last, address.hasPrefix("tcp://") else {
                return
            }
            guest = try Command("worker", ["join", String(address), "--threads", "1"])
        }
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("2 workers at step 0"))
        let left = try await #require(guest).finish()
        #expect(left.status == 0, "\(left.errors)")
        let alone = try await Command("coordinator", tiny.start("a", "--local-workers", "1"))
            .finish()
        #expect(alone.weights != nil && alone.weights == result.weights)
    }

    @Test("evaluate scores the final weights by class, and as JSON")
    func evaluate() async throws {
        let tiny = try await TinyRun()
        _ = try await Command("coordinator", tiny.start("r", "--local-workers", "1")).finish()
        let table = try await Command.run(
            "coordinator", "evaluate", "--run", tiny.path("r"), "--split", "val")
        #expect(table.status == 0, "\(table.errors)")
        let json = try await Command.run(
            "coordinator", "evaluate", "--run", tiny.path("r"), "--data", tiny.data, "--json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["clips"] as? Int == 12)
        #expect((object["classes"] as? [Any])?.count == 4)
        // The run's own last evaluation is of the same weights, by other processes.
        let metrics = try String(contentsOfFile: tiny.path("r") + "/metrics.jsonl", encoding: .utf8)
        let last = try #require(metrics.split(separator: "\n").last { $0.contains("evaluation") })
        let line = try #require(
            try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
        #expect(line["top1"] as? Double == object["top1"] as? Double)
    }

    /// The process numbers of a process's children.
    static func workers(of parent: Int32) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init)
            .filter { process in
                // A process may end while it is looked at.
                guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
                    let close = stat.lastIndex(of: UInt8(ascii: ")"))
                else { return false }
                let fields = String(decoding: stat[(close + 2)...], as: UTF8.self)
                    .split(separator: " ")
                return fields[0] != "Z" && Int32(fields[1]) == parent
            }
    }
}
