import AccessControl
import Foundation
import Launching
import Testing
import ZeroMQ

@Suite("A worker on another machine")
struct RemoteWorkerTests {
    private func worker(
        _ host: WorkerHost, token: JoinToken? = nil, environment: [String: String] = [:]
    ) -> RemoteWorker {
        RemoteWorker(
            host: host, address: "tcp://10.0.0.1:5555", token: token, directory: "/opt/lock step",
            environment: environment)
    }

    /// What a shell makes of the command that ssh is given, a word a line.
    private func words(_ worker: RemoteWorker) throws -> [String] {
        let shell = Process()
        let output = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        let command = try #require(worker.arguments.last).dropFirst("exec ".count)
        shell.arguments = ["-c", "HOME=/home/alice; printf '%s\\n' " + command]
        shell.standardOutput = output
        try shell.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }

    @Test("gets its program, address and threads, whatever characters are in them")
    func command() throws {
        let plain = try words(worker(WorkerHost(name: "a", threads: 8)))
        #expect(
            plain == [
                "/opt/lock step/worker", "join", "tcp://10.0.0.1:5555", "--until-eof", "--threads",
                "8",
            ])
        let odd = try words(worker(WorkerHost(name: "a", directory: "/o'pt/$x")))
        #expect(odd.first == "/o'pt/$x/worker")
        let home = try words(worker(WorkerHost(name: "a", directory: "~/lock step")))
        #expect(home.first == "/home/alice/lock step/worker")
    }

    @Test("never has the token on a command line")
    func token() throws {
        let pair = try CurveKeyPair.random()
        let token = JoinToken(
            name: "a", coordinator: pair.publicKey, pair: try CurveKeyPair.random(), address: nil,
            note: "")
        let arguments = worker(WorkerHost(name: "a"), token: token).arguments
        let secret = token.pair.secretKey.description
        #expect(!arguments.contains { $0.contains(secret) })
        #expect(arguments.last?.contains("--token -") ?? false)
    }

    @Test("computes with the kernels that the launcher was told to use")
    func environment() throws {
        let words = try words(
            worker(
                WorkerHost(name: "a"),
                environment: ["OPENBLAS_CORETYPE": "Haswell", "AWS_SECRET": "x", "PATH": "/bin"]))
        #expect(words.prefix(2) == ["env", "OPENBLAS_CORETYPE=Haswell"])
        #expect(!words.contains { $0.contains("SECRET") })
    }
}
