import Dashboard
import Foundation
import Telemetry
import Testing
import TrainingProtocol

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("The web page")
struct DashboardTests {
    private struct Server {
        let board: StatusBoard
        let dashboard: Dashboard

        init(_ address: String, token: String?) async throws {
            let board = StatusBoard(
                RunTelemetry(
                    RunStatus(
                        identity: RunStatus.Identity(
                            name: "example", run: "ff", directory: "/runs/<b>", host: "head",
                            process: 7, address: "tcp://127.0.0.1:5555", started: 1000, term: 1),
                        extent: RunStatus.Extent(steps: 100, epochs: 4, batch: 8, slots: 4))))
            self.board = board
            dashboard = try await Dashboard.serve(
                board, at: try #require(DashboardAddress(address)), token: token,
                stillness: .seconds(3600)
            ) { "metric 1\n" }
        }

        func get(
            _ path: String, headers: [String: String] = [:]
        ) async throws -> (status: Int, type: String, text: String) {
            let url = try #require(URL(string: "http://127.0.0.1:\(dashboard.address.port)\(path)"))
            var request = URLRequest(url: url)
            for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
            let (data, response) = try await URLSession.shared.data(for: request)
            let answer = try #require(response as? HTTPURLResponse)
            return (
                answer.statusCode, answer.value(forHTTPHeaderField: "Content-Type") ?? "",
                String(decoding: data, as: UTF8.self)
            )
        }

        func document(_ query: String = "") async throws -> [String: Any] {
            let answer = try await get("/api/run?\(query)")
            let json = try JSONSerialization.jsonObject(with: Data(answer.text.utf8))
            return try #require(json as? [String: Any])
        }
    }

    private func serving(
        _ address: String = "127.0.0.1:0", token: String? = nil,
        _ body: (Server) async throws -> Void
    ) async throws {
        let server = try await Server(address, token: token)
        do { try await body(server) } catch {
            await server.dashboard.stop()
            throw error
        }
        await server.dashboard.stop()
    }

    private func commit(_ server: Server, _ steps: ClosedRange<UInt64>) {
        for step in steps {
            _ = server.board.update {
                $0.committed(
                    CommitSummary(
                        step: Step(step), epoch: Epoch(0), samples: 8, loss: 1 / Double(step),
                        accuracy: 0.5, times: []), from: 0, at: 1, secondsPerClip: 1)
            }
        }
    }

    @Test("comes with its own files alone, and asks for none from elsewhere")
    func page() async throws {
        try await serving { (server) async throws in
            let page = try await server.get("/")
            #expect(page.status == 200 && page.type.hasPrefix("text/html"))
            let names = [
                "style.css", "page.js", "format.js", "chart.js", "timeline.js", "workers.js",
            ]
            for name in names {
                let file = try await server.get("/" + name)
                #expect(file.status == 200)
                #expect(file.type.hasPrefix(name.hasSuffix("css") ? "text/css" : "text/javascript"))
                #expect(
                    !file.text.replacing("http://www.w3.org/2000/svg", with: "").contains("://"))
                if name.hasSuffix(".js"), name != "page.js" {
                    let others =
                        try await server.get("/page.js").text + server.get("/chart.js").text
                    #expect(others.contains("./\(name)"))
                }
            }
            #expect(!page.text.contains("://"))
            #expect(try await server.get("/../etc/passwd").status == 404)
        }
    }

    @Test("a viewer is told what is new, and everything when the coordinator is another")
    func news() async throws {
        try await serving { (server) async throws in
            commit(server, 1...5)
            server.board.update { $0.happened("joined", "worker 1", at: 1) }
            let first = try await server.document()
            let life = try #require(first["life"] as? String)
            let curves = try #require(first["curves"] as? [String: Any])
            #expect(curves["step"] as? [Int] == [1, 2, 3, 4, 5])
            #expect(curves["whole"] as? Bool == true)
            commit(server, 6...7)
            let next = try await server.document("life=\(life)&event=1&stride=1&step=5")
            let more = try #require(next["curves"] as? [String: Any])
            #expect(more["step"] as? [Int] == [5, 6, 7] && more["whole"] as? Bool == false)
            let status = try #require(next["status"] as? [String: Any])
            #expect((status["events"] as? [Any])?.isEmpty == true)
            let other = try await server.document("life=9-9&event=1&stride=1&step=5")
            #expect((other["curves"] as? [String: Any])?["whole"] as? Bool == true)
        }
    }

    @Test("odd questions are answered or refused, and never end the server")
    func odd() async throws {
        try await serving { (server) async throws in
            for query in [
                "step=-1", "step=99999999999999999999", "stride=x&event=&life=%00%ff", "&&==",
            ] {
                #expect(try await server.get("/api/run?" + query).status == 200)
            }
            #expect(try await server.get("/nowhere").status == 404)
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test("is not to be had under another name, where a browser could be led to loopback")
    func otherName() async throws {
        try await serving { (server) async throws in
            for name in [
                "evil.example:8470", "127.0.0.1.evil.example", "127.evil.example:8470",
                "10.0.0.1:8470", "80", ":80",
            ] {
                for path in ["/", "/api/run", "/metrics"] {
                    let answer = try await server.get(path, headers: ["Host": name])
                    #expect(answer.status == 403, "\(name)")
                }
            }
            for name in ["localhost:8470", "127.0.0.2", "[::1]:1", "[::1]"] {
                #expect(try await server.get("/", headers: ["Host": name]).status == 200, "\(name)")
            }
        }
    }

    @Test("beyond loopback the run is told to those who bear the token; probes and files need none")
    func token() async throws {
        try await serving("0.0.0.0:0", token: "correct-horse-battery") { (server) async throws in
            for path in ["/api/run", "/api/status", "/metrics"] {
                #expect(try await server.get(path).status == 401)
                for wrong in [
                    "Bearer wrong", "Bearer correct-horse-batterz", "correct-horse-battery",
                ] {
                    let answer = try await server.get(path, headers: ["Authorization": wrong])
                    #expect(answer.status == 401 && !answer.text.contains("example"))
                }
                let right = try await server.get(
                    path, headers: ["Authorization": "Bearer correct-horse-battery"])
                #expect(right.status == 200)
            }
            for path in ["/", "/page.js", "/healthz"] {
                #expect(try await server.get(path).status == 200)
            }
        }
    }

    @Test("is ready while the run trains, and not while it waits")
    func ready() async throws {
        try await serving { (server) async throws in
            #expect(try await server.get("/readyz").status == 503)
            server.board.update {
                $0.observed(
                    CoordinatorOverview(
                        phase: .training, generation: Generation(1), committed: Step(0),
                        saved: Step(0), stopReason: nil, workers: []))
            }
            #expect(try await server.get("/readyz").status == 200)
            server.board.update { $0.ended(.completed(Step(100)), at: 1) }
            #expect(try await server.get("/readyz").status == 503)
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test("an address that is taken is an error that names it")
    func taken() async throws {
        try await serving { (server) async throws in
            let address = "127.0.0.1:\(server.dashboard.address.port)"
            do {
                try await serving(address) { _ in Issue.record("it was served") }
            } catch let error as Dashboard.ServingError {
                #expect(error.description.contains(address))
            }
        }
    }

    @Test(
        "addresses are read as people write them",
        arguments: [
            ("8470", "127.0.0.1:8470"), ("localhost:1", "127.0.0.1:1"), ("*:80", "0.0.0.0:80"),
            ("[::1]:7", "[::1]:7"), ("10.0.0.1:9", "10.0.0.1:9"), ("host:1", nil), ("x", nil),
            ("1.2.3.4:99999", nil), ("", nil), ("127.0.0.1\0x:1", nil),
        ] as [(String, String?)])
    func addresses(text: String, read: String?) {
        #expect(DashboardAddress(text)?.description == read)
    }
}
