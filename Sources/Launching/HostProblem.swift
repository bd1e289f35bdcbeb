/// Why a worker on another machine ended, and what to do about it.
public struct HostProblem: Equatable, Sendable {
    /// How an ssh session ended.
    public enum Ending: Equatable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    public let reason: String
    /// Nil where the reason says it, or nothing is to be done.
    public let remedy: String?

    public var text: String { remedy.map { "\(reason); \($0)" } ?? reason }

    init(reason: String) {
        self.reason = reason
        remedy = nil
    }

    /// - Parameters:
    ///   - ending: Of ssh, which passes on the worker's exit status and has 255 for its own failures.
    ///   - output: What ssh and the worker wrote; the last lines matter.
    public init(_ ending: Ending, output: String, of worker: RemoteWorker) {
        let lines = output.split(whereSeparator: \.isNewline).map(String.init)
        let last = lines.last { !$0.allSatisfy(\.isWhitespace) } ?? ""
        switch ending {
        case .signal(let number):
            (reason, remedy) = ("ssh was killed by signal \(number)", nil)
        case .exit(255):
            (reason, remedy) = Self.connection(lines, worker.host.name)
        case .exit(let status):
            (reason, remedy) = Self.worker(status, last: last, worker)
        }
    }

    private static func worker(
        _ status: Int32, last: String, _ worker: RemoteWorker
    ) -> (String, String?) {
        switch status {
        case 127 where last.contains("error while loading shared libraries"):
            return (last, "cluster/README.md, Launchers, says what a machine needs")
        case 126, 127:
            return (
                "there is no \(worker.program) that runs",
                "copy .build/release/worker there, and name its directory in the host's line: dir=DIRECTORY"
            )
        case 2:
            return (
                "its worker does not know this launcher's flags (\(last))",
                "install the same release on all machines"
            )
        case 132:
            return (
                "its worker came to an illegal instruction",
                "build Lockstep on the oldest processor that takes part"
            )
        case 137:
            return ("its worker was killed", "if nobody did it, memory ran out: see dmesg there")
        case 129...:
            return ("its worker was killed by signal \(status - 128)", nil)
        default:
            let text = last.hasPrefix("Error: ") ? String(last.dropFirst(7)) : last
            return (text.isEmpty ? "its worker ended with status \(status)" : text, nil)
        }
    }

    /// What ssh writes when it gets no connection, or loses one; `HOST` stands for the host.
    private static let connectionRemedies = [
        ("Permission denied", "let this user in without a password: ssh-copy-id HOST"),
        ("Too many authentication failures", "say which key it takes in ~/.ssh/config"),
        (
            "Host key verification failed",
            "look at the machine's key and accept it once: ssh HOST true"
        ),
        ("Could not resolve hostname", "correct the name, or give it an entry in ~/.ssh/config"),
        ("Connection refused", "start sshd there, or name its port in ~/.ssh/config"),
        ("timed out", "see whether it is up: ssh HOST true"),
        ("No route to host", "see whether it is up and on this network: ssh HOST true"),
        ("Network is unreachable", "see whether it is on this network: ssh HOST true"),
        ("not responding", "see whether it is up: ssh HOST true"),
        ("closed by remote host", nil),
        ("Connection reset", nil),
        ("Broken pipe", nil),
    ]

    /// A line of ssh's, without the host's name before it and the full stop behind it.
    private static func words(_ line: String, _ host: String) -> String {
        let text = line.hasPrefix(host + ": ") ? line.dropFirst(host.count + 2) : line[...]
        return String(text.hasSuffix(".") ? text.dropLast() : text)
    }

    private static func connection(_ lines: [String], _ host: String) -> (String, String?) {
        for line in lines.reversed() {
            for (words, remedy) in connectionRemedies where line.contains(words) {
                return (
                    Self.words(line, host),
                    remedy?.split(separator: "HOST", omittingEmptySubsequences: false)
                        .joined(separator: host)
                )
            }
        }
        return ("its worker was killed, or the connection to it was lost", nil)
    }
}
