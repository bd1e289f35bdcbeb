import AccessControl
import ArgumentParser
import Dispatch
import Foundation
import Logging
import TrainingProtocol
import Working
import ZeroMQ

/// `worker join`: takes part in a run until it ends.
struct JoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Join a coordinator's run and compute what it deals out.",
        usage: """
            worker join <address> [--token <file>] [<options>]
            worker join --token <file> [<options>]
            """,
        discussion: """
            Examples:
              worker join tcp://10.0.0.1:5555 --token node-1.token --threads 8
              worker join tcp://127.0.0.1:5555       (on the coordinator's own machine)

            The address is the one that `coordinator start` prints. A coordinator that is reached from other machines \
            lets in workers with a token only, made by `coordinator token` and copied here; it is good for one worker, \
            whose own key is kept beside it (FILE.key) and lets it in again. Nothing else is needed here: model, \
            configuration and clips come from the coordinator, encrypted.

            Ctrl-C or SIGTERM leaves the run at the end of the step under way; a second one leaves at once, and \
            others compute this worker's part of the step again. Nothing is lost either way. Where the coordinator is \
            silent the first one leaves at once, too.

            Exit status: 0 the run is complete, or the worker left it or was drained; 1 this worker failed or was refused; \
            2 wrong usage; 75 the coordinator stopped the run before its end, or is gone.
            """)

    @Argument(
        help: "The coordinator's address, as tcp://HOST:PORT (default: the one in the token).")
    var address: String?

    @Option(
        help: ArgumentHelp(
            "The join token, a file; - reads it from standard input, up to an empty line or the end.",
            valueName: "file"),
        completion: .file())
    var token: String?

    @Flag(
        name: .customLong("until-eof"),
        help:
            "Leave the run when standard input ends, as it does with the ssh session that started this."
    )
    var untilEOF = false

    @Option(help: "Threads to compute with (default: all cores).")
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "Look so long for a coordinator that is not there yet: 30s, 10m, 2h (default: 10s).",
            valueName: "time"))
    var wait: WaitTime?

    func validate() throws {
        guard threads ?? 1 >= 1 else { throw ValidationError("--threads takes 1 or more.") }
        guard address != nil || token != nil else {
            throw ValidationError(
                "Name the coordinator's address, tcp://HOST:PORT; `coordinator start` prints it.")
        }
    }

    func run() throws {
        let launchToken = ProcessInfo.processInfo.environment[Hello.launchVariable] ?? ""
        let (address, keys) = try enrolled()
        let worker = try WorkerProcess(
            WorkerProcess.Options(
                address: address,
                threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
                launchToken: launchToken, keys: keys,
                patience: wait?.duration),
            logger: Logger(label: "worker", factory: { StreamLogHandler.standardError(label: $0) }))
        let requests = worker.requests
        let sources = [(SIGINT, "interrupted"), (SIGTERM, "terminated")].map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // A worker of the coordinator's own gets the terminal's Ctrl-C too; the coordinator decides.
            source.setEventHandler {
                if launchToken.isEmpty || number == SIGTERM {
                    requests.send(.leaveRequested(reason: name))
                }
            }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        if untilEOF {
            Thread.detachNewThread {
                while readLine() != nil {}
                requests.send(.leaveRequested(reason: "its launcher has closed the connection"))
            }
        }
        try leave(with: try worker.run())
    }

    /// Where to join, and with which keys.
    private func enrolled() throws -> (address: String, keys: WorkerKeys?) {
        guard let path = token else { return (address ?? "", nil) }
        let isPiped = path == "-"
        let token =
            try isPiped
            ? JoinToken(text: Self.standardInput(), source: "standard input")
            : JoinToken(contentsOf: path)
        guard let place = address ?? token.address else {
            throw ValidationError("The token has no address: name it, as tcp://HOST:PORT.")
        }
        var keys = try WorkerKeys(for: token, at: isPiped ? nil : path)
        do {
            try Enrolment.complete(&keys, with: token, at: place, patience: wait?.duration)
        } catch let refusal as Enrolment.Refusal {
            try leave(with: .refused(reason: refusal.description))
        }
        return (place, keys)
    }

    private static func standardInput() -> String {
        var text = ""
        while let line = readLine(), !line.isEmpty { text += line + "\n" }
        return text
    }

    private func leave(with outcome: WorkerOutcome) throws -> Never {
        // Threads may still be in the middle of something that no longer matters.
        switch outcome {
        case .completed:
            print("the run is complete")
            Foundation.exit(0)
        case .left(let reason):
            print("left the run, which goes on: \(reason)")
            Foundation.exit(0)
        case .leftUnheard(let silence, let reason):
            print(
                "left the run: \(reason); its coordinator had not been heard from for "
                    + silence.secondsText)
            Foundation.exit(0)
        case .withdrew(let reason):
            print("left before it had joined: \(reason)")
            Foundation.exit(0)
        case .stopped(let step, let reason):
            print("the coordinator stopped the run at step \(step): \(reason)")
            Foundation.exit(75)
        case .orphaned(let silence):
            print(
                "left the run: its coordinator was not heard from for \(silence.secondsText); join "
                    + "again once it is back")
            Foundation.exit(75)
        case .refused(let reason):
            FileHandle.standardError.write(Data("Error: refused: \(reason)\n".utf8))
            Foundation.exit(1)
        case .failed(let reason):
            FileHandle.standardError.write(Data("Error: \(reason)\n".utf8))
            Foundation.exit(1)
        }
    }
}
