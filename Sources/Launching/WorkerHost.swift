/// A machine that workers are started on: one line of a hosts file.
public struct WorkerHost: Equatable, Sendable {
    /// As `ssh` takes it: a name of `~/.ssh/config`, or `user@machine`.
    public var name: String
    /// How many workers it is to run.
    public var workers: Int
    /// Of each worker; nil: as many as the machine has cores.
    public var threads: Int?
    /// Where the `worker` program is there; nil: where the coordinator's is here.
    public var directory: String?

    public init(name: String, workers: Int = 1, threads: Int? = nil, directory: String? = nil) {
        self.name = name
        self.workers = workers
        self.threads = threads
        self.directory = directory
    }

    /// Whether it is this very machine, so that loopback reaches it.
    public var isLocal: Bool {
        let machine = name.split(separator: "@").last.map(String.init) ?? name
        return machine == "localhost" || machine == "::1" || machine.hasPrefix("127.")
    }
}
