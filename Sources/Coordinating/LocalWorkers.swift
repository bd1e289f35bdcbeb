import Dispatch
import Foundation
import Synchronization
import TrainingProtocol

/// Worker processes on the coordinator's own machine: a seat each, filled again when its process dies.
///
/// A coordinator that was killed leaves its workers behind, and with them state and sums. The next one finds them by
/// their launch token, and leaves them their seats.
public final class LocalWorkers: Sendable {
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

    private struct Seat {
        var process: Process?
        /// Of a process that an earlier coordinator started.
        var adopted: Int32?
        /// Whether it is told how the process ended.
        var isTold = false
        var started = ContinuousClock.now
        /// Ends soon after the start, one after another.
        var failures = 0
    }

    private struct State {
        var seats: [Int: Seat] = [:]
        var isFinishing = false
    }

    /// How long a worker may take to leave by itself at the end of a run.
    private static let grace = DispatchTimeInterval.seconds(5)
    /// A process that lives for less has not come to work.
    private static let youth = Duration.seconds(2)
    /// The pause before a seat whose process died young is filled again; it doubles with each.
    private static let pause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(5)
    /// How often it is looked whether adopted processes still live.
    private static let watch = DispatchTimeInterval.milliseconds(100)

    private let launch: Launch
    private let onExit: @Sendable (Exit) -> Void
    private let state = Mutex(State())

    /// - Parameter onExit: Called on a thread of the system's, once a process.
    public init(_ launch: Launch, onExit: @escaping @Sendable (Exit) -> Void) {
        self.launch = launch
        self.onExit = onExit
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

    /// Fills the seats `1 ... count`.
    ///
    /// - Parameter adopting: Whether processes of an earlier coordinator keep their seats. They look for a coordinator
    ///   at the address of theirs; where this one has another, they are ended.
    /// - Returns: How many of them have a process of an earlier coordinator.
    public func start(_ count: Int, adopting: Bool) throws(LaunchError) -> Int {
        var orphans = LaunchedProcesses.running(withTokens: (1...count).map(launch.token))
        if !adopting {
            for process in orphans.values.sorted() { kill(process, SIGKILL) }
            orphans = [:]
        }
        for seat in 1...count {
            if let process = orphans[launch.token(seat)] {
                state.withLock { $0.seats[seat] = Seat(adopted: process) }
                watch(seat, process)
            } else {
                try fill(seat)
            }
        }
        return orphans.count
    }

    /// Whether a process is a child of this one, of whose end nothing has been told yet.
    public func isChild(_ process: Int64) -> Bool {
        state.withLock { state in
            state.seats.values.contains {
                !$0.isTold && $0.process.map { Int64($0.processIdentifier) == process } ?? false
            }
        }
    }

    private func fill(_ seat: Int) throws(LaunchError) {
        let log = "\(launch.directory)/worker-\(seat).log"
        let process = Process()
        process.executableURL = launch.program
        process.environment = ProcessInfo.processInfo.environment
            .merging([Hello.launchVariable: launch.token(seat)]) { $1 }
        process.standardInput = FileHandle.nullDevice
        do {
            process.arguments =
                ["join", launch.address, "--threads", String(launch.threads)]
                + (try launch.joinToken.map { ["--token", try $0(seat)] } ?? [])
            // Earlier lines stay: they may say why this one was needed.
            guard
                FileManager.default.fileExists(atPath: log)
                    || FileManager.default.createFile(atPath: log, contents: nil)
            else { throw LaunchError(description: "cannot write \(log)") }
            let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            try output.seekToEnd()
            process.standardOutput = output
            process.standardError = output
            process.terminationHandler = { [weak self] process in
                self?.ended(seat, process, log: log)
            }
            // Seated before it runs: how it ends may be told before `run` returns.
            let isWanted = state.withLock { state in
                guard !state.isFinishing else { return false }
                let failures = state.seats[seat]?.failures ?? 0
                state.seats[seat] = Seat(process: process, failures: failures)
                return true
            }
            guard isWanted else { return }
            try process.run()
            // The run may have ended in between, and found nothing to wait for.
            if state.withLock({ $0.isFinishing }) { kill(process.processIdentifier, SIGKILL) }
        } catch let error as LaunchError {
            throw error
        } catch {
            throw LaunchError(description: "cannot start \(launch.program.path): \(error)")
        }
    }

    private func ended(_ seat: Int, _ process: Process, log: String) {
        let exit = Exit(
            process: process.processIdentifier, reason: Self.describe(process, log: log),
            isOrderly: process.terminationReason == .exit
                && [0, 75].contains(process.terminationStatus))
        onExit(exit)
        state.withLock { $0.seats[seat]?.isTold = true }
        // One that was let go, or whose run is over, has no need of a follower.
        if !exit.isOrderly { refill(seat) }
    }

    private func refill(_ seat: Int) {
        let pause: Duration? = state.withLock { state in
            guard !state.isFinishing, var current = state.seats[seat] else { return nil }
            let isYoung = ContinuousClock.now - current.started < Self.youth
            current.failures = isYoung ? current.failures + 1 : 0
            current.adopted = nil
            state.seats[seat] = current
            guard isYoung else { return .zero }
            return min(Self.longestPause, Self.pause * (1 << min(10, current.failures - 1)))
        }
        guard let pause else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + pause.inSeconds) { [weak self] in
            guard let self, !self.state.withLock({ $0.isFinishing }) else { return }
            do throws(LaunchError) {
                try fill(seat)
            } catch {
                onExit(Exit(process: 0, reason: "\(error)", isOrderly: false))
                refill(seat)
            }
        }
    }

    /// An adopted process is no child, of whose end the system would tell.
    private func watch(_ seat: Int, _ process: Int32) {
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.watch) { [weak self] in
            guard let self, state.withLock({ $0.seats[seat]?.adopted == process }) else { return }
            if LaunchedProcesses.isRunning(process) {
                watch(seat, process)
            } else {
                refill(seat)
            }
        }
    }

    /// How a process ended, with the last line that it wrote where it failed.
    private static func describe(_ process: Process, log: String) -> String {
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

    /// Ends all of them at once. They have nothing to save.
    public func abandon() {
        for seat in emptied() {
            if let process = seat.process, process.isRunning {
                kill(process.processIdentifier, SIGKILL)
            }
            if let process = seat.adopted, LaunchedProcesses.isRunning(process) {
                kill(process, SIGKILL)
            }
        }
    }

    /// The seats as they are; none is filled again.
    private func emptied() -> [Seat] {
        state.withLock { state in
            state.isFinishing = true
            return state.seats.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// Waits for all to end by themselves, and ends those that do not.
    public func finish() {
        let seats = emptied()
        let processes = seats.compactMap(\.process).filter(\.isRunning)
        let adopted = seats.compactMap(\.adopted)
        let killing = DispatchWorkItem {
            for process in processes where process.isRunning {
                kill(process.processIdentifier, SIGKILL)
            }
            for process in adopted where LaunchedProcesses.isRunning(process) {
                kill(process, SIGKILL)
            }
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.grace, execute: killing)
        for process in processes { process.waitUntilExit() }
        for process in adopted {
            while LaunchedProcesses.isRunning(process) { usleep(20_000) }
        }
        killing.cancel()
    }
}
