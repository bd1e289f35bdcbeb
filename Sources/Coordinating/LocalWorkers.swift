import Dispatch
import Foundation
import Synchronization

/// Worker processes on the coordinator's own machine.
public final class LocalWorkers: Sendable {
    /// What goes wrong when a worker process cannot be started.
    public struct LaunchError: Error, CustomStringConvertible {
        public let description: String
    }

    /// How long a worker may take to leave by itself at the end of a run.
    private static let grace = DispatchTimeInterval.seconds(5)

    private let processes = Mutex<[Process]>([])

    public init() {}

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

    /// Starts one worker.
    ///
    /// - Parameters:
    ///   - token: Tells the coordinator that the process is its own.
    ///   - log: Where the worker's output goes.
    ///   - onExit: Called once, on a thread of the system's, with how the process ended.
    public func launch(
        program: URL, address: String, threads: Int, token: String, log: String,
        onExit: @escaping @Sendable (_ reason: String) -> Void
    ) throws(LaunchError) {
        let process = Process()
        process.executableURL = program
        process.arguments = ["join", address, "--threads", String(threads)]
        process.environment = ProcessInfo.processInfo.environment
            .merging(["LOCKSTEP_LAUNCH_TOKEN": token]) { $1 }
        process.standardInput = FileHandle.nullDevice
        do {
            // Earlier terms' lines stay: they may say why this one was needed.
            guard
                FileManager.default.fileExists(atPath: log)
                    || FileManager.default.createFile(atPath: log, contents: nil)
            else { throw LaunchError(description: "cannot write \(log)") }
            let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            try output.seekToEnd()
            process.standardOutput = output
            process.standardError = output
            process.terminationHandler = { process in
                onExit(Self.describe(process, log: log))
            }
            try process.run()
        } catch let error as LaunchError {
            throw error
        } catch {
            throw LaunchError(description: "cannot start \(program.path): \(error)")
        }
        processes.withLock { $0.append(process) }
    }

    /// How a process ended, with the last line that it wrote where it failed.
    private static func describe(_ process: Process, log: String) -> String {
        if process.terminationReason == .uncaughtSignal {
            return "killed by signal \(process.terminationStatus)"
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

    /// Waits for all to end by themselves, and ends those that do not.
    public func finish() {
        let all = processes.withLock { $0 }
        let killing = DispatchWorkItem {
            for process in all where process.isRunning {
                kill(process.processIdentifier, SIGKILL)
            }
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.grace, execute: killing)
        for process in all { process.waitUntilExit() }
        killing.cancel()
    }
}
