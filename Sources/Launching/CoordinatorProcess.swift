import Checkpoints
import Foundation
import Synchronization

/// A coordinator that the launcher starts itself, and again where it is killed: it goes on where it was.
public final class CoordinatorProcess: Sendable {
    private struct State {
        var process: Process?
        var isStopping = false
    }

    /// How often it is looked whether it listens.
    private static let watch: UInt32 = 50_000

    private let program: URL
    private let arguments: [String]
    private let run: String
    private let say: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - program: `coordinator`.
    ///   - arguments: Of the program, `start` first.
    ///   - run: The run's directory.
    ///   - say: Shows a line.
    public init(
        program: URL, arguments: [String], run: String, say: @escaping @Sendable (String) -> Void
    ) {
        self.program = program
        self.arguments = arguments
        self.run = run
        self.say = say
    }

    /// Runs it to its end.
    ///
    /// - Parameter onListening: Called with its address once it listens.
    /// - Returns: Its exit status.
    public func serve(onListening: (_ address: String) throws -> Void) throws -> Int32 {
        var pauses = RestartPauses()
        var isFirst = true
        while true {
            let before = addressFile
            let start = ContinuousClock.now
            guard let process = try launch(isFirst ? arguments : Self.again(arguments)) else {
                return 75
            }
            if isFirst {
                while process.isRunning, addressFile == before { usleep(Self.watch) }
                if process.isRunning, let address = try RunDirectory.address(at: run) {
                    isFirst = false
                    do {
                        try onListening(address)
                    } catch {
                        stop()
                        process.waitUntilExit()
                        throw error
                    }
                }
            }
            process.waitUntilExit()
            let status = process.terminationStatus
            if process.terminationReason == .exit { return status }
            let isStopping = state.withLock { $0.isStopping }
            if isStopping { return 75 }
            let pause = pauses.next(after: ContinuousClock.now - start)
            say(
                "the coordinator was killed by signal \(status); starting it again in "
                    + "\(pause.components.seconds) s")
            sleep(UInt32(pause.components.seconds))
        }
    }

    /// Asks it to stop after the step under way; said twice, at once.
    public func stop() {
        let process = state.withLock { state in
            state.isStopping = true
            return state.process
        }
        if let process, process.isRunning { kill(process.processIdentifier, SIGTERM) }
    }

    /// Nil where it is to stop already.
    private func launch(_ arguments: [String]) throws -> Process? {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        return try state.withLock { state in
            guard !state.isStopping else { return nil }
            try process.run()
            state.process = process
            return process
        }
    }

    /// Changes whenever a coordinator has begun to listen: the file is then another one.
    private var addressFile: UInt64? {
        var status = stat()
        return stat("\(run)/address", &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// The flags with which it listens where it did: its workers look for it there.
    static func again(_ arguments: [String]) -> [String] {
        var rest: [String] = []
        var skips = false
        for argument in arguments {
            if skips {
                skips = false
            } else if argument == "--bind" {
                skips = true
            } else if !argument.hasPrefix("--bind=") {
                rest.append(argument)
            }
        }
        return rest
    }
}
