import Foundation

/// The place of one worker on one host, and what has become of it.
struct RemoteSeat {
    let host: WorkerHost
    /// Of the host's, from 1.
    let number: Int
    /// The ssh that runs.
    var process: Process?
    /// Its standard input, open as long as the worker is to stay.
    var input: FileHandle?
    var started = ContinuousClock.now
    var pauses = RestartPauses()
    var isPausing = false
    /// The name of the token that the newest worker got.
    var token: String?
    /// What went wrong last, so that it is said once.
    var problem: HostProblem?
    /// Set once nobody is to follow.
    var end: RemoteWorkers.End?

    init(host: WorkerHost, number: Int) {
        self.host = host
        self.number = number
    }

    /// As it is shown to people.
    var name: String { host.workers > 1 ? "\(host.name) (\(number))" : host.name }

    /// As part of a file's or a token's name.
    var plainName: String {
        let name = host.name.map {
            $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-"
        }
        return String(name.prefix(40)) + (host.workers > 1 ? "-\(number)" : "")
    }
}
