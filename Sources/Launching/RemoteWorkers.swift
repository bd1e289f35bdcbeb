public import AccessControl
import Dispatch
import Foundation
import Synchronization

/// Worker processes on other machines, started by ssh: a seat each, filled again when its worker ends before
/// the run does, after a pause that grows.
public final class RemoteWorkers: Sendable {
    /// How they are started.
    public struct Launch: Sendable {
        public var hosts: [WorkerHost]
        /// Of the coordinator's control connection, as workers reach it.
        public var address: String
        /// Of the coordinator; nil where it takes anyone, on loopback.
        public var keys: CoordinatorKeys?
        /// Where the `worker` program is on hosts whose line does not say.
        public var programs: String
        /// Where the logs go, one a seat.
        public var logs: String
        public var ssh: URL
        public var sshConfiguration: String?

        public init(
            hosts: [WorkerHost], address: String, keys: CoordinatorKeys?, programs: String,
            logs: String, ssh: URL, sshConfiguration: String?
        ) {
            self.hosts = hosts
            self.address = address
            self.keys = keys
            self.programs = programs
            self.logs = logs
            self.ssh = ssh
            self.sshConfiguration = sshConfiguration
        }
    }

    /// How a worker ended for good.
    public enum End: Int, Comparable, Sendable {
        /// The run is complete, or the worker was let go.
        case done
        /// The run stopped before its end.
        case stopped
        /// The launcher was asked to end, whatever the run does.
        case abandoned

        public static func < (left: End, right: End) -> Bool { left.rawValue < right.rawValue }
    }

    struct State {
        var seats: [RemoteSeat]
        var isFinishing = false
    }

    /// A token is used as soon as the worker is there.
    static let tokenLife: TimeInterval = 3600
    /// How long workers may take that were told of the run's end, or to leave it, before ssh is ended, upon which they
    /// have to leave by themselves.
    private static let grace = DispatchTimeInterval.seconds(20)

    let launch: Launch
    let access: AccessList?
    let say: @Sendable (String) -> Void
    let state: Mutex<State>
    private let working = DispatchGroup()

    /// - Parameter say: Shows a line, on any thread.
    public init(_ launch: Launch, say: @escaping @Sendable (String) -> Void) throws {
        self.launch = launch
        access = try launch.keys.map { try AccessList(directory: $0.directory) }
        self.say = say
        let seats = launch.hosts.flatMap { host in
            (1...host.workers).map { RemoteSeat(host: host, number: $0) }
        }
        state = Mutex(State(seats: seats))
        // What is written to an ssh that has ended fails, and is no reason to end here.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Fills every seat.
    public func start() {
        let seats = state.withLock { $0.seats.indices }
        for seat in seats {
            working.enter()
            fill(seat)
        }
    }

    /// Waits until no seat will be filled again.
    ///
    /// - Returns: The worst of how they ended.
    public func wait() -> End {
        working.wait()
        return state.withLock { $0.seats.compactMap(\.end).max() ?? .done }
    }

    /// Has every worker leave the run at the end of the step under way. What does not end is ended.
    public func leave() {
        stopFilling()
        closeInputs()
        endLater()
    }

    /// Waits for workers whose coordinator has told them of the run's end, and ends those that it did not reach.
    public func finish() {
        stopFilling()
        if working.wait(timeout: .now() + Self.grace) == .success { return }
        closeInputs()
        endLater()
        working.wait()
    }

    /// Ends every ssh at once; the workers leave by themselves.
    public func end() {
        stopFilling()
        let processes = state.withLock { $0.seats.compactMap(\.process) }
        for process in processes where process.isRunning {
            kill(process.processIdentifier, SIGTERM)
        }
    }

    private func endLater() {
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.grace) { [weak self] in
            self?.end()
        }
    }

    private func stopFilling() {
        let waiting = state.withLock { state in
            state.isFinishing = true
            return state.seats.indices.filter { state.seats[$0].isPausing }
        }
        for seat in waiting { vacate(seat, .abandoned) }
    }

    private func closeInputs() {
        let inputs = state.withLock { state in
            state.seats.indices.compactMap { seat in
                defer { state.seats[seat].input = nil }
                return state.seats[seat].input
            }
        }
        for input in inputs {
            do { try input.close() } catch { say("cannot close the input of an ssh: \(error)") }
        }
    }

    /// Nobody sits here any more.
    func vacate(_ seat: Int, _ end: End) {
        let isNews = state.withLock { state in
            guard state.seats[seat].end == nil else { return false }
            state.seats[seat].end = end
            state.seats[seat].isPausing = false
            return true
        }
        if isNews { working.leave() }
    }
}
