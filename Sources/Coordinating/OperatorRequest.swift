import AccessControl
import Checkpoints
import Foundation
public import Telemetry
public import TrainingProtocol
import Wire
import ZeroMQ

/// What an operator asks of a coordinator that runs, over one connection.
public final class OperatorRequest {
    public struct Answer: Sendable {
        public let isAccepted: Bool
        public let text: String
    }

    /// How long a coordinator may be busy until it is looked whether it is there at all.
    private static let patience = Duration.seconds(2)

    private let address: String
    private let directory: String?
    /// The run that the coordinator must serve; 0 for whichever it does.
    private let run: RunID
    private let dealer: Socket

    /// - Parameters:
    ///   - directory: The run's, which tells the address.
    ///   - address: Instead.
    /// - Throws: `CoordinatingError` where no coordinator is known there.
    public init(directory: String?, address: String?) throws {
        let keys: CoordinatorKeys?
        self.directory = directory
        (self.address, run, keys) = try Self.target(directory: directory, address: address)
        var options = SocketOptions()
        // An operator shows the coordinator's own keys, which nobody else can read.
        options.curve = keys.map { .client($0.pair, server: $0.pair.publicKey) }
        dealer = try Socket(.dealer, in: Context(), options: options)
        try dealer.connect(self.address)
    }

    private static func target(
        directory: String?, address: String?
    ) throws -> (address: String, run: RunID, keys: CoordinatorKeys?) {
        if let address { return (address, RunID(0), nil) }
        guard let directory, let known = try RunDirectory.address(at: directory) else {
            throw CoordinatingError.usage(
                problem: "no coordinator has run at \(directory ?? "-"); name the run's directory")
        }
        let place = RunDirectory.keys(at: directory)
        let keys = CoordinatorKeys.exist(at: place) ? try CoordinatorKeys(directory: place) : nil
        // The address stays after a run's end, and another run's coordinator may have it by now.
        let journal = directory + "/journal"
        let lines = try Journal.contents(of: journal).lines
        let history = try RunJournal.history(of: lines, file: journal)
        // Locks may be told of on one machine only: without an end in the journal, the address is asked.
        if let end = history.end, try !RunDirectory.isInUse(directory) {
            throw CoordinatingError.usage(problem: "\(directory) is not under way: \(end.text)")
        }
        return (known, history.run ?? RunID(0), keys)
    }

    /// Lets a worker go at the end of the step.
    ///
    /// - Throws: `CoordinatingError` where nobody answers.
    public func drain(_ worker: WorkerID) throws -> Answer { try ask(.drain(worker)) }

    /// Ends the run after the step under way.
    ///
    /// - Throws: `CoordinatingError` where nobody answers.
    public func stop(reason: String) throws -> Answer { try ask(.stop(reason: reason)) }

    /// How the run is.
    ///
    /// - Throws: `CoordinatingError` where nobody answers, or another run's coordinator does.
    public func status() throws -> RunStatus {
        let answer = try ask(.inquire)
        guard answer.isAccepted else { throw CoordinatingError.usage(problem: answer.text) }
        return try RunStatus(json: Data(answer.text.utf8))
    }

    private func ask(_ message: WorkerMessage) throws -> Answer {
        let request = Stamped(
            run: run, term: Term(0), generation: Generation(0), step: Step(0), body: message)
        // It is not taken where the coordinator does not let these keys in.
        let isTaken = try dealer.trySend([Message(try request.serialized())])
        let deadline = ContinuousClock.now + (isTaken ? Deadlines.standard.greeting : .zero)
        var poller = Poller()
        _ = poller.add(dealer, .readable)
        var look = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            try poller.wait(timeout: min(deadline, look) - .now)
            if look <= .now {
                // It may have ended between the question and the answer.
                if let directory, try !RunDirectory.isInUse(directory) { break }
                look = .now + Self.patience
            }
            while let frames = try dealer.tryReceive() {
                let reply = try Stamped<CoordinatorMessage>(serialized: frames[0].bytes)
                if case .answer(let accepted, let text) = reply.body {
                    return Answer(isAccepted: accepted, text: text)
                }
            }
        }
        throw CoordinatingError.usage(
            problem: "no coordinator answers at \(address): \(try silence())")
    }

    /// Why nobody answers, as far as it can be known here.
    private func silence() throws -> String {
        guard let directory else {
            return "the run is not under way, or has keys and is reached by --run only"
        }
        let reason = try RunStatus(ofUnservedRunAt: directory)?.reason
        return "the run is not under way" + (reason.map { " (\($0))" } ?? "")
    }
}
