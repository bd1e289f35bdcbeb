public import Foundation

// What it takes to start worker processes, and what is told of their end.

extension LocalWorkers {
    /// What goes wrong when a worker process cannot be started.
    public struct LaunchError: Error, CustomStringConvertible {
        public let description: String
    }

    /// How the processes are started.
    public struct Launch: Sendable {
        public var program: URL
        /// The coordinator's.
        public var address: String
        public var threads: Int
        /// Names the run in the launch tokens.
        public var run: String
        /// Where `worker-N.log` go.
        public var directory: String
        /// Makes, or finds, the join token of a seat, a file; nil where the coordinator takes anyone.
        public var joinToken: (@Sendable (_ seat: Int) throws -> String)?

        func token(_ seat: Int) -> String { "\(run)-\(seat)" }
    }

    /// How a process ended.
    public struct Exit: Sendable {
        public let process: Int32
        public let reason: String
        /// Whether it was let go, or its run is over.
        public let isOrderly: Bool
    }

    /// The `worker` program beside the running one.
    public static func program() throws(LaunchError) -> URL {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let program = own.deletingLastPathComponent().appendingPathComponent("worker")
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw LaunchError(
                description: "no worker program at \(program.path): build it with "
                    + "`swift build -c release --product worker`, beside the coordinator")
        }
        return program
    }

    /// How a process ended, with the last line that it wrote where it failed.
    static func reason(_ process: Process, log: String) -> String {
        if process.terminationReason == .uncaughtSignal {
            // The system kills so, too, where memory runs out.
            return process.terminationStatus == SIGKILL
                ? "killed by signal 9 (if nobody did it, memory ran out: see dmesg)"
                : "killed by signal \(process.terminationStatus)"
        }
        let status = "exit status \(process.terminationStatus)"
        guard process.terminationStatus != 0 else { return status }
        do {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            guard let last = text.split(separator: "\n").last else { return status }
            return "\(status): \(last)"
        } catch {
            return "\(status), and its log cannot be read: \(error)"
        }
    }
}
