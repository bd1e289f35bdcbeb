import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A run is watched while it is under way, as a person and as a program would.
@Suite("A run at a glance", .serialized, .timeLimit(.minutes(10)))
struct GlanceTests {
    private func object(_ text: String) throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(json as? [String: Any])
    }

    /// What `coordinator workers` says of each.
    private func workers(_ run: String) async throws -> [[String: Any]] {
        let result = try await Command.run("coordinator", "workers", "--run", run, "--json")
        #expect(result.status == 0, "\(result.errors)")
        let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        return try #require(json as? [[String: Any]])
    }

    @Test("status, workers, metrics and stop: a killed worker is seen with its reason")
    func watched() async throws {
        let tiny = try await TinyRun()
        let path = tiny.path("r")
        let run = try Command(
            "coordinator",
            tiny.start("r", "--local-workers", "2", "--dashboard", "127.0.0.1:0")
                + ["--set", "train.epochs=100000"])
        var page: String?
        var killed = 0
        let result = try await run.finish { line in
            if line.hasPrefix("dashboard: ") { page = String(line.dropFirst("dashboard: ".count)) }
            guard line.hasPrefix("2 workers at step"), killed >= 0 else { return }
            if killed == 0 {
                killed = try #require(try await workers(path).first?["process"] as? Int)
                kill(pid_t(killed), SIGKILL)
                return
            }
            let seen = try await workers(path).first { $0["process"] as? Int == killed }
            #expect(seen?["state"] as? String == "lost")
            let reason = seen?["reason"] as? String
            #expect(reason?.hasPrefix("killed by signal 9") == true, "\(reason ?? "no reason")")
            killed = -1

            let status = try object(
                try await Command.run("coordinator", "status", "--run", path, "--json").output)
            #expect(["training", "evaluating"].contains(status["phase"] as? String))
            let text = try await Command.run("coordinator", "status", "--run", path).output
            #expect(text.contains("tiny: ") && text.contains("killed by signal 9"))

            let address = try #require(page) + "metrics"
            let url = try #require(URL(string: address))
            let (metrics, _) = try await URLSession.shared.data(from: url)
            #expect(
                String(decoding: metrics, as: UTF8.self)
                    .contains("lockstep_events_total{kind=\"lost\"} 1"))
            let stop = try await Command.run("coordinator", "stop", "--run", path)
            #expect(stop.status == 0 && stop.output.contains("can be resumed"))
        }
        #expect(killed == -1)
        #expect(result.status == 75, "\(result.errors)")
        #expect(result.output.contains("stopped by an operator"))

        // Nobody serves it now: the directory tells.
        let status = try object(
            try await Command.run("coordinator", "status", "--run", path, "--json").output)
        #expect(status["phase"] as? String == "ended")
        #expect((status["reason"] as? String)?.contains("stopped by an operator") == true)
        #expect(status["step"] as? Int == status["saved_step"] as? Int)
        let trace = try Data(contentsOf: URL(fileURLWithPath: path + "/timeline.json"))
        #expect((try JSONSerialization.jsonObject(with: trace) as? [Any])?.isEmpty == false)
        let again = try await Command.run(
            "coordinator", "timeline", "--run", path, "--last", "5", "--output", "-")
        #expect(again.status == 0 && again.output.contains("\"compute\""))
        let late = try await Command.run("coordinator", "stop", "--run", path)
        #expect(
            late.status == 1 && late.errors.contains("stopped by an operator"), "\(late.errors)")
    }

    @Test("who watches a run sees its end, and how it ended")
    func watchedToTheEnd() async throws {
        let tiny = try await TinyRun()
        let run = try Command(
            "coordinator", tiny.start("r", "--local-workers", "1") + TinyRun.long)
        var watching: Task<Command.Result, Never>?
        let result = try await run.finish { line in
            guard watching == nil, line.hasPrefix("1 worker at step") else { return }
            let watch = try Command(
                "coordinator", ["status", "--run", tiny.path("r"), "--watch", "--json"])
            watching = Task {
                var isFirst = true
                return await watch.finish { _ in
                    if isFirst { run.send(SIGINT) }
                    isFirst = false
                }
            }
        }
        #expect(result.status == 75, "\(result.errors)")
        let seen = await (try #require(watching)).value
        #expect(seen.status == 0, "\(seen.errors)")
        let last = try object(String(try #require(seen.output.split(separator: "\n").last)))
        #expect(last["phase"] as? String == "ended")
        #expect((last["reason"] as? String)?.contains("interrupted") == true)
    }

    @Test("with --json every line is an object, and the last one has the weights' hash")
    func lines() async throws {
        let tiny = try await TinyRun()
        let result = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "1", "--json")
        ).finish()
        #expect(result.status == 0, "\(result.errors)")
        let objects = try result.output.split(separator: "\n").map { try object(String($0)) }
        #expect(objects.filter { $0["kind"] as? String == "step" }.count == 6)
        #expect(objects.last?["kind"] as? String == "end")
        #expect(objects.last?["outcome"] as? String == "completed")
        let plain = try await Command("coordinator", tiny.start("p", "--local-workers", "1"))
            .finish()
        #expect(objects.last?["weights_sha256"] as? String == plain.weights)
    }

    @Test("beyond loopback a token is made for its owner's eyes, and the page needs it")
    func token() async throws {
        let tiny = try await TinyRun()
        let run = try Command(
            "coordinator",
            tiny.start("r", "--local-workers", "1", "--dashboard", "*:0")
                + ["--set", "train.epochs=100000"])
        let result = try await run.finish { line in
            guard line.hasPrefix("dashboard: ") else { return }
            let file = tiny.path("r") + "/dashboard-token"
            #expect(line.hasSuffix("with the token in \(file)"))
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let token = try String(contentsOfFile: file, encoding: .utf8)
            #expect(!line.contains(token.trimmingCharacters(in: .whitespacesAndNewlines)))
            let port = try #require(line.split(separator: ":").last?.split(separator: "/").first)
            let url = try #require(URL(string: "http://127.0.0.1:\(port)/api/run"))
            let (_, answer) = try await URLSession.shared.data(from: url)
            #expect((answer as? HTTPURLResponse)?.statusCode == 401)
            run.send(SIGINT)
        }
        #expect(result.status == 75, "\(result.errors)")
    }

    @Test("a dashboard whose address is wrong or taken ends the start before the run begins")
    func addresses() async throws {
        let tiny = try await TinyRun()
        let wrong = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "1", "--dashboard", "nonsense:port")
        ).finish()
        #expect(wrong.status == 2 && wrong.errors.contains("HOST:PORT"), "\(wrong.errors)")
        let elsewhere = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "1", "--dashboard", "192.0.2.1:0")
        ).finish()
        #expect(elsewhere.status == 1 && elsewhere.errors.contains("192.0.2.1:0"))
    }
}

/// The page in a real browser, by `Tests/Dashboard/page.py`.
@Suite("The page in a browser", .serialized, .timeLimit(.minutes(5)))
struct PageTests {
    private static let programs = ["chromium", "chromium-browser", "google-chrome", "python3"]
        .filter { name in
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
                .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        }

    @Test(
        "moves, shows a killed worker in red with its reason, and fits a phone and the dark",
        .enabled(
            if: programs.count > 1 && programs.last == "python3",
            "Chromium or python3 is not installed"))
    func page() async throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Dashboard/page.py")
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path, "--programs", Command.folder]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = await output.text()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
