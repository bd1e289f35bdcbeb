import Dashboard
import Launching

extension StartCommand {
    /// The command that goes on with the run at `path` as this one began it, for a shell.
    func resumption(of path: String) -> String {
        var words = ["coordinator", "start", "--run", path]
        if localWorkers > 0 { words += ["--local-workers", "\(localWorkers)"] }
        if let workers { words += ["--workers", "\(workers)"] }
        if threadsPerWorker > 1 { words += ["--threads-per-worker", "\(threadsPerWorker)"] }
        if let bind, !bind.hasSuffix(":0") { words += ["--bind", bind] }
        if json { words.append("--json") }
        if let dashboard {
            words.append("--dashboard")
            if DashboardAddress(dashboard) != .standard { words.append(dashboard) }
        }
        return words.map(Self.quoted).joined(separator: " ")
    }

    /// As a shell takes it for one word.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "-")...UInt8(ascii: ":") ~= byte || byte == UInt8(ascii: "_")
        }
        return isPlain && !word.isEmpty ? word : word.shellQuoted
    }
}
