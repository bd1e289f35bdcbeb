import AccessControl
import Dispatch
import Foundation
import Synchronization
import ZeroMQ

extension RemoteWorkers {
    /// How much of a log's end is looked at for a reason.
    private static let tail = 4096

    /// Starts a worker in a seat.
    func fill(_ seat: Int) {
        let (name, plain, isFirst) = state.withLock {
            ($0.seats[seat].name, $0.seats[seat].plainName, $0.seats[seat].problem == nil)
        }
        do {
            let worker = try worker(for: seat)
            let log = try Log(path: "\(launch.logs)/worker-\(plain).log")
            let process = Process()
            process.executableURL = launch.ssh
            process.arguments = worker.arguments
            let input = Pipe()
            process.standardInput = input
            process.standardOutput = log.handle
            process.standardError = log.handle
            process.terminationHandler = { [weak self] process in
                self?.ended(seat, process, worker, log)
            }
            let isWanted = state.withLock { state in
                state.seats[seat].isPausing = false
                guard !state.isFinishing else { return false }
                state.seats[seat].process = process
                state.seats[seat].input = input.fileHandleForWriting
                state.seats[seat].started = .now
                return true
            }
            guard isWanted else { return vacate(seat, .abandoned) }
            if isFirst { say("\(name): starting a worker, log in \(log.path)") }
            try process.run()
            do {
                try input.fileHandleForWriting.write(contentsOf: Data(worker.input.utf8))
            } catch {
                // It has ended already; how is told next.
            }
        } catch {
            state.withLock { $0.seats[seat].process = nil }
            again(seat, after: HostProblem(reason: "no worker can be started: \(error)"))
        }
    }

    /// With a token of its own. That of the worker before is revoked: should that one still live, cut off, it is not
    /// to come back beside its follower.
    private func worker(for seat: Int) throws -> RemoteWorker {
        var token: JoinToken?
        let (host, plain, before) = state.withLock {
            ($0.seats[seat].host, $0.seats[seat].plainName, $0.seats[seat].token)
        }
        if let access, let keys = launch.keys {
            if let before { try access.revoke(before) }
            let names = Set(access.entries.map(\.name))
            let name = (1...).lazy.map { "\(plain).\($0)" }.first { !names.contains($0) }
            token = try access.issue(
                name: name, for: keys.pair.publicKey, address: launch.address,
                life: Self.tokenLife)
            state.withLock { $0.seats[seat].token = token?.name }
        }
        return RemoteWorker(
            host: host, address: launch.address, token: token, directory: launch.programs,
            sshConfiguration: launch.sshConfiguration,
            environment: ProcessInfo.processInfo.environment)
    }

    private func ended(_ seat: Int, _ process: Process, _ worker: RemoteWorker, _ log: Log) {
        let isFinishing = state.withLock { state in
            state.seats[seat].process = nil
            state.seats[seat].input = nil
            return state.isFinishing
        }
        let status = process.terminationStatus
        let isExit = process.terminationReason == .exit
        if isExit, status == 0 { return vacate(seat, isFinishing ? .abandoned : .done) }
        if isExit, status == 75 { return vacate(seat, .stopped) }
        if isFinishing { return vacate(seat, .abandoned) }
        let problem = HostProblem(
            isExit ? .exit(status) : .signal(status), output: log.written(atMost: Self.tail),
            of: worker)
        again(seat, after: problem)
    }

    /// Fills a seat after a pause. A problem is told when it is another than before.
    private func again(_ seat: Int, after problem: HostProblem) {
        let (pause, name, isNews): (Duration?, String, Bool) = state.withLock { state in
            let current = state.seats[seat]
            guard !state.isFinishing else { return (nil, current.name, false) }
            state.seats[seat].isPausing = true
            state.seats[seat].problem = problem
            let lifetime = ContinuousClock.now - current.started
            // What went wrong once more after it was well for a while is news, too.
            let isNews = current.problem != problem || lifetime >= RestartPauses.youth
            return (state.seats[seat].pauses.next(after: lifetime), current.name, isNews)
        }
        guard let pause else { return vacate(seat, .abandoned) }
        if isNews {
            say("\(name): \(problem.text); trying again in \(pause.components.seconds) s")
        }
        let seconds = Double(pause.components.seconds)
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in
            guard let self, state.withLock({ $0.seats[seat].isPausing }) else { return }
            fill(seat)
        }
    }

    /// A seat's log: earlier lines stay, for they may say why a worker was needed again.
    private struct Log: Sendable {
        let path: String
        let handle: FileHandle
        private let start: UInt64

        init(path: String) throws {
            self.path = path
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(atPath: path, contents: nil)
            }
            handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            start = try handle.seekToEnd()
        }

        /// The end of what was written since this was made; empty where it cannot be read any more.
        func written(atMost limit: Int) -> String {
            do {
                let reader = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
                defer { reader.closeFile() }
                let end = try reader.seekToEnd()
                try reader.seek(toOffset: max(start, end - min(end, UInt64(limit))))
                return String(decoding: try reader.readToEnd() ?? Data(), as: UTF8.self)
            } catch {
                return ""
            }
        }
    }
}
