public import AccessControl

/// A worker on another machine, as `ssh` starts it.
///
/// The join token goes through ssh's standard input and stands on no command line and in no file. Standard input
/// stays open: where it ends, because the launcher closed it, was killed or cannot be reached, the worker leaves.
public struct RemoteWorker: Sendable {
    /// Decide bits, so that a launcher's own hold for its workers.
    public static let passedOn = ["LOCKSTEP_KERNELS", "OPENBLAS_CORETYPE"]
    /// A machine that does not answer within is reported, and tried again.
    private static let connectSeconds = 10
    /// ssh gives a silent connection up after three of these.
    private static let aliveSeconds = 5

    public var host: WorkerHost
    /// Of the coordinator's control connection.
    public var address: String
    /// Nil where the coordinator takes anyone, on loopback.
    public var token: JoinToken?
    /// Where the `worker` program is, unless the host's line says so.
    public var directory: String
    /// A configuration file of ssh's instead of the user's.
    public var sshConfiguration: String?
    /// Of the launcher; `passedOn` of it goes along.
    public var environment: [String: String]

    public init(
        host: WorkerHost, address: String, token: JoinToken?, directory: String,
        sshConfiguration: String? = nil, environment: [String: String] = [:]
    ) {
        self.host = host
        self.address = address
        self.token = token
        self.directory = directory
        self.sshConfiguration = sshConfiguration
        self.environment = environment
    }

    /// What the host's line or the default says.
    public var program: String { (host.directory ?? directory) + "/worker" }

    /// Of `ssh`. It never asks anything: there may be nobody to answer, and many hosts.
    public var arguments: [String] {
        var arguments = ["-T"]
        if let sshConfiguration { arguments += ["-F", sshConfiguration] }
        for option in [
            "BatchMode=yes", "ConnectTimeout=\(Self.connectSeconds)",
            "ServerAliveInterval=\(Self.aliveSeconds)", "ServerAliveCountMax=3",
        ] {
            arguments += ["-o", option]
        }
        return arguments + ["--", host.name, command]
    }

    /// What the login shell of the host carries out.
    var command: String {
        let settings = Self.passedOn.compactMap { name in
            environment[name].map { "\(name)=\($0.shellQuoted)" }
        }
        var words = ["exec"]
        if !settings.isEmpty { words += ["env"] + settings }
        words += [Self.quotedPath(program), "join", address.shellQuoted, "--until-eof"]
        if token != nil { words += ["--token", "-"] }
        if let threads = host.threads { words += ["--threads", "\(threads)"] }
        return words.joined(separator: " ")
    }

    /// What ssh's standard input begins with: the token, which an empty line ends.
    var input: String { token.map { $0.text + "\n" } ?? "" }

    /// A `~/` at the beginning is the login's home, which only a shell knows.
    private static func quotedPath(_ path: String) -> String {
        path.hasPrefix("~/") ? "~/" + path.dropFirst(2).shellQuoted : path.shellQuoted
    }
}
