import Dispatch
import Foundation
import Synchronization
import TrainingProtocol

/// Worker processes on the coordinator's own machine: a seat each, filled again when its process dies.
///
/// A coordinator that was killed leaves its workers behind, and with them state and sums. The next one finds them by
/// their launch token, and leaves them their seats.
public final class LocalWorkers: Sendable {
    struct Seat {
        var process: Process?
        /// Of a process that an earlier coordinator started.
        var adopted: Int32?
        /// Whether it is told how the process ended.
        var isTold = false
        var started = ContinuousClock.now
        /// Ends soon after the start, one after another.
        var failures = 0
    }

    struct State {
        var seats: [Int: Seat] = [:]
        var isFinishing = false
    }

    /// How long a worker may take to leave by itself at the end of a run.
    static let grace = DispatchTimeInterval.seconds(5)
    /// A process that lives for less has not come to work.
    private static let youth = Duration.seconds(2)
    /// The pause before a seat whose process died young is filled again; it doubles with each.
    private static let pause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(5)
    /// How often it is looked whether adopted processes still live.
    private static let watch = DispatchTimeInterval.milliseconds(100)

    private let launch: Launch
    private let onExit: @Sendable (Exit) -> Void
    let state = Mutex(State())

    /// - Parameter onExit: Called on a thread of the system's, once a process.
    public init(_ launch: Launch, onExit: @escaping @Sendable (Exit) -> Void) {
        self.launch = launch
        self.onExit = onExit
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
            process: process.processIdentifier, reason: Self.reason(process, log: log),
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
}
