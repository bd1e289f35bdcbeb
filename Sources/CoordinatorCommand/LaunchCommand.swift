import AccessControl
import ArgumentParser
import Checkpoints
import Coordinating
import Foundation
import Launching

/// `coordinator launch`: workers on other machines, by ssh.
struct LaunchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch",
        abstract:
            "Start workers on other machines by ssh, and keep them running until the run ends.",
        usage: "coordinator launch --hosts <file> --run <run> [<options>] [-- <flags>]",
        discussion: """
            With a coordinator of its own, started with the flags after `--`:

              coordinator launch --hosts hosts --run runs/mine -- \\
                  --config configs/seed.yaml --data clips.h5 --bind tcp://10.0.0.1:5555

            For a run that is under way, whose coordinator listens for other machines:

              coordinator launch --hosts hosts --run runs/mine

            The file has a line a host, as ssh knows it:

              node-1 threads=16
              node-2 workers=2 threads=8 dir=/opt/lockstep

            where dir is the directory of the `worker` program there (default: the coordinator's here). The run begins \
            when all are there, or as many as --workers N after the `--` says. ssh has to get in without asking. Each \
            worker gets a token of its own through ssh's standard input; one that ends before the run does is started \
            again after a pause, and leaves when this program ends or cannot be reached.

            Ctrl-C stops the run after the step under way (without a coordinator of its own: has the workers leave it).

            Exit status: 0 the run is complete, 1 it failed, 2 wrong usage, 75 it stopped and can be resumed.
            """)

    @Option(help: ArgumentHelp("The hosts, a line each.", valueName: "file"), completion: .file())
    var hosts: String

    @Option(
        name: .customLong("run"), help: "The run's directory.", completion: .directory)
    var directory: String

    @Option(
        help: ArgumentHelp(
            "Where workers reach the coordinator (default: where the run's listens).",
            valueName: "tcp://host:port"))
    var address: String?

    @Option(
        help: ArgumentHelp("A configuration of ssh's instead of yours.", valueName: "file"),
        completion: .file())
    var sshConfig: String?

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("Flags of `coordinator start`, after `--`.", valueName: "start-flags"))
    var start: [String] = []

    func validate() throws {
        guard has("--run") == nil else {
            throw ValidationError("The run is named before the `--`.")
        }
        if isStarting, address == nil, has("--bind").map(BindAddress.isWildcard) ?? false {
            throw ValidationError(
                "Workers need an address to connect to: bind to one (--bind tcp://10.0.0.1:5555), or "
                    + "name one by --address.")
        }
    }

    func run() throws {
        let file = try HostsFile(contentsOf: hosts)
        // At once: the coordinator writes to the same place.
        let say: @Sendable (String) -> Void = { text in
            do {
                try FileHandle.standardOutput.write(contentsOf: Data("launch: \(text)\n".utf8))
            } catch {
                // Nobody is there to read it any more; what is under way goes on.
            }
        }
        if isStarting {
            try check(file, has("--bind") ?? "tcp://127.0.0.1:0")
            try makeKeys(say)
            try serve(file, say)
        }
        try join(file, say)
    }

    private var isStarting: Bool { !start.isEmpty }

    /// The value of a flag after `--`.
    private func has(_ flag: String) -> String? {
        if let place = start.firstIndex(of: flag) {
            return start.indices.contains(place + 1) ? start[place + 1] : ""
        }
        return start.first { $0.hasPrefix(flag + "=") }.map { String($0.dropFirst(flag.count + 1)) }
    }

    /// Runs a coordinator, and workers as long as it does.
    private func serve(_ file: HostsFile, _ say: @escaping @Sendable (String) -> Void) throws {
        let local = has("--local-workers").flatMap { Int($0) } ?? 0
        let expected = has("--workers") == nil ? ["--workers", "\(file.workers + local)"] : []
        let coordinator = CoordinatorProcess(
            program: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(),
            arguments: ["start", "--run", directory] + expected + start, run: directory, say: say)
        let signals = StopSignals({ _ in coordinator.stop() }, again: { coordinator.stop() })
        defer { signals.cancel() }
        var workers: RemoteWorkers?
        let status = try coordinator.serve { listening in
            let started = try remote(file, listening: listening, say)
            started.start()
            workers = started
        }
        workers?.finish()
        if status == 75 {
            let bind = has("--bind").map { " --bind \($0)" } ?? ""
            say(
                "or with the same hosts: coordinator launch --hosts \(hosts) --run \(directory) --\(bind)"
            )
        }
        throw ExitCode(status)
    }

    /// Adds workers to a run whose coordinator someone else has started.
    private func join(_ file: HostsFile, _ say: @escaping @Sendable (String) -> Void) throws {
        guard let listening = try RunDirectory.address(at: directory) else {
            throw CoordinatingError.usage(
                problem:
                    "no coordinator has run at \(directory); start one, or give this command its "
                    + "flags after `--`")
        }
        try check(file, listening)
        let workers = try remote(file, listening: listening, say)
        let signals = StopSignals({ _ in workers.leave() }, again: { workers.end() })
        defer { signals.cancel() }
        workers.start()
        switch workers.wait() {
        case .done: return
        case .stopped, .abandoned: throw ExitCode(75)
        }
    }

    private func remote(
        _ file: HostsFile, listening: String, _ say: @escaping @Sendable (String) -> Void
    ) throws -> RemoteWorkers {
        let keys = RunDirectory.keys(at: directory)
        return try RemoteWorkers(
            RemoteWorkers.Launch(
                hosts: file.hosts, address: address ?? listening,
                keys: CoordinatorKeys.exist(at: keys) ? CoordinatorKeys(directory: keys) : nil,
                programs: LocalWorkers.program().deletingLastPathComponent().path,
                logs: directory, ssh: Self.ssh(), sshConfiguration: sshConfig),
            say: say)
    }

    /// Loopback is another place on every machine.
    private func check(_ file: HostsFile, _ listening: String) throws {
        guard address == nil, BindAddress.isLoopback(listening),
            let host = file.hosts.first(where: { !$0.isLocal })
        else { return }
        throw CoordinatingError.usage(
            problem:
                "\(host.name) cannot reach a coordinator that listens on loopback: start it with "
                + "--bind tcp://ADDRESS:PORT, an address of this machine that the hosts reach")
    }

    /// A run that other machines take part in needs keys, and here are the only ones who use them.
    private func makeKeys(_ say: (String) -> Void) throws {
        let place = RunDirectory.keys(at: directory)
        guard let bind = has("--bind"), !BindAddress.isLoopback(bind), has("--keys") == nil,
            !CoordinatorKeys.exist(at: place)
        else { return }
        say("made keys in \(try CoordinatorKeys.make(in: place).directory)")
    }

    private static func ssh() throws -> URL {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for folder in folders {
            let path = "\(folder)/ssh"
            if FileManager.default.isExecutableFile(atPath: path) {
                return URL(fileURLWithPath: path)
            }
        }
        throw CoordinatingError.usage(
            problem: "there is no ssh program on the PATH; install openssh-client")
    }
}
