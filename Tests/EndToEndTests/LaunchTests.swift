import Foundation
import Glibc
import Testing

@Suite("Workers on other machines", .serialized, .timeLimit(.minutes(5)))
struct LaunchTests {
    /// Stands for ssh: carries out the command here, and keeps what it was given. A host's name may make trouble.
    private static let ssh = #"""
        #!/bin/bash
        folder=$(dirname "$0")
        host=${@: -2:1}
        printf '%s\n' "$*" >> "$folder/arguments"
        case $host in
        denied@*) echo "$host: Permission denied (publickey)." >&2; exit 255 ;;
        flaky@*) [[ -e $folder/tried ]] || { touch "$folder/tried"; echo "kex: Connection reset" >&2; exit 255; } ;;
        esac
        exec /bin/bash -c "${@: -1}"
        """#

    private func withHosts(
        _ hosts: String, _ body: (TinyRun, _ hosts: String, [String: String]) async throws -> Void
    ) async throws {
        let tiny = try await TinyRun()
        let programs = tiny.path("programs")
        try FileManager.default.createDirectory(
            atPath: programs, withIntermediateDirectories: true)
        try Self.ssh.write(toFile: programs + "/ssh", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: programs + "/ssh")
        try hosts.write(toFile: tiny.path("hosts"), atomically: true, encoding: .utf8)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        try await body(tiny, tiny.path("hosts"), ["PATH": "\(programs):\(path)"])
    }

    private func launch(_ tiny: TinyRun, _ hosts: String, _ start: String...) -> [String] {
        ["launch", "--hosts", hosts, "--run", tiny.path("r"), "--"]
            + ["--config", tiny.config, "--data", tiny.data] + start
    }

    /// The hash of the run without any launcher.
    private func alone(_ tiny: TinyRun, _ more: [String] = []) async throws -> String {
        let result = try await Command(
            "coordinator", tiny.start("alone", "--local-workers", "1") + more
        ).finish()
        return try #require(result.weights)
    }

    @Test("train the run to the weights that one machine gets, and no token is on a command line")
    func run() async throws {
        try await withHosts("localhost threads=1\n127.0.0.2 threads=1 workers=2\n") {
            (tiny, hosts, environment) in
            let keys = try await Command.run("coordinator", "keys", "--run", tiny.path("r"))
            #expect(keys.status == 0)
            let result = try await Command(
                "coordinator", launch(tiny, hosts), environment: environment
            ).finish()
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(result.weights == (try await alone(tiny)))
            let arguments = try String(
                contentsOfFile: tiny.path("programs") + "/arguments", encoding: .utf8)
            #expect(arguments.split(separator: "\n").count == 3)
            #expect(arguments.contains("--token -"))
            #expect(!arguments.contains("secret"))
            let tokens = try await Command.run("coordinator", "tokens", "--run", tiny.path("r"))
            #expect(tokens.output.split(separator: "\n").allSatisfy { $0.contains("used on") })
        }
    }

    @Test(
        "are started again after trouble, which is told, and so is a coordinator that is killed"
    )
    func trouble() async throws {
        try await withHosts("flaky@localhost threads=1\nlocalhost threads=1\n") {
            (tiny, hosts, environment) in
            _ = try await Command.run("coordinator", "keys", "--run", tiny.path("r"))
            let command = try Command(
                "coordinator",
                launch(tiny, hosts, "--bind", "tcp://127.0.0.1:0") + TinyRun.long
                    + ["--set", "train.steps=200"], environment: environment)
            let result = try await command.finish { line in
                if line.hasPrefix("epoch 2/") {
                    try Self.kill(oneOf: "worker", under: command.identifier)
                }
                if line.hasPrefix("epoch 9/") {
                    try Self.kill(oneOf: "coordinator", under: command.identifier)
                }
            }
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(result.output.contains("the coordinator was killed by signal 9"))
            let told = "flaky@localhost: kex: Connection reset"
            #expect(result.output.contains(told), "\(result.output)")
            // Two at first, a second try, and a follower.
            let arguments = try String(
                contentsOfFile: tiny.path("programs") + "/arguments", encoding: .utf8)
            #expect(arguments.split(separator: "\n").count == 4, "\(result.output)")
            #expect(
                result.weights
                    == (try await alone(tiny, TinyRun.long + ["--set", "train.steps=200"])))
        }
    }

    @Test("leave when their launcher is asked to end, and the run is saved")
    func interruption() async throws {
        try await withHosts("localhost threads=1 workers=2\ndenied@localhost\n") {
            (tiny, hosts, environment) in
            _ = try await Command.run("coordinator", "keys", "--run", tiny.path("r"))
            let command = try Command(
                "coordinator",
                launch(tiny, hosts, "--set", "train.epochs=100"), environment: environment)
            let result = await command.finish { line in
                // The run waits for the worker that cannot come.
                if line.contains("ssh-copy-id denied@localhost") { command.send(SIGTERM) }
            }
            #expect(result.status == 75, "\(result.output) \(result.errors)")
            #expect(result.output.contains("to go on"))
            #expect(try Self.processes("worker", under: command.identifier).isEmpty)
        }
    }

    @Test("cannot be started where a coordinator on loopback is out of their reach")
    func loopback() async throws {
        try await withHosts("node-1\n") { (tiny, hosts, environment) in
            let result = try await Command(
                "coordinator", launch(tiny, hosts), environment: environment
            ).finish()
            #expect(result.status == 1)
            #expect(result.errors.contains("--bind tcp://ADDRESS:PORT"), "\(result.errors)")
        }
    }

    /// Processes of a program that descend from one.
    private static func processes(_ program: String, under root: Int32) throws -> [Int32] {
        var parents: [Int32: Int32] = [:]
        var found: [Int32] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let process = Int32(name),
                let stat = FileManager.default.contents(atPath: "/proc/\(name)/stat")
            else { continue }
            let text = String(decoding: stat, as: UTF8.self)
            guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else {
                continue
            }
            let fields = text[text.index(after: close)...].split(separator: " ")
            parents[process] = Int32(fields[1])
            if text[text.index(after: open)..<close] == program, fields[0] != "Z" {
                found.append(process)
            }
        }
        return found.filter { process in
            var ancestor = parents[process]
            while let current = ancestor, current != root { ancestor = parents[current] }
            return ancestor == root
        }
    }

    private static func kill(oneOf program: String, under root: Int32) throws {
        let victim = try #require(try processes(program, under: root).first)
        Glibc.kill(victim, SIGKILL)
    }
}
