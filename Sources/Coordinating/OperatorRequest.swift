import AccessControl
import Checkpoints
public import TrainingProtocol
import Wire
import ZeroMQ

/// What an operator asks of a coordinator that runs.
public struct OperatorRequest {
    public struct Answer: Sendable {
        public let isAccepted: Bool
        public let text: String
    }

    private let address: String
    /// The run that the coordinator must serve; 0 for whichever it does.
    private let run: RunID
    /// Of a coordinator that encrypts.
    private let keys: CoordinatorKeys?

    /// - Parameters:
    ///   - directory: The run's, which tells the address.
    ///   - address: Instead.
    /// - Throws: `CoordinatingError` where no coordinator is known there.
    public init(directory: String?, address: String?) throws {
        if let address {
            self.address = address
            run = RunID(0)
            keys = nil
            return
        }
        guard let directory, let known = try RunDirectory.address(at: directory) else {
            throw CoordinatingError.usage(
                problem: "no coordinator has run at \(directory ?? "-"); name the run's directory")
        }
        self.address = known
        let place = RunDirectory.keys(at: directory)
        keys = CoordinatorKeys.exist(at: place) ? try CoordinatorKeys(directory: place) : nil
        // The address stays after a run's end, and another run's coordinator may have it by now.
        let journal = directory + "/journal"
        let lines = try Journal.contents(of: journal).lines
        run = try RunJournal.history(of: lines, file: journal).run ?? RunID(0)
    }

    /// A connection to the coordinator. An operator shows the coordinator's own keys, which nobody else can read.
    private func connected() throws(ZeroMQError) -> Socket {
        var options = SocketOptions()
        options.curve = keys.map { .client($0.pair, server: $0.pair.publicKey) }
        let dealer = try Socket(.dealer, in: Context(), options: options)
        try dealer.connect(address)
        return dealer
    }

    /// Lets a worker go at the end of the step.
    ///
    /// - Throws: `CoordinatingError` where nobody answers.
    public func drain(_ worker: WorkerID) throws -> Answer {
        let dealer = try connected()
        let request = Stamped(
            run: run, term: Term(0), generation: Generation(0), step: Step(0),
            body: WorkerMessage.drain(worker))
        try dealer.send([Message(try request.serialized())])
        var poller = Poller()
        _ = poller.add(dealer, .readable)
        let deadline = ContinuousClock.now + Deadlines.standard.greeting
        while ContinuousClock.now < deadline {
            try poller.wait(timeout: deadline - .now)
            while let frames = try dealer.tryReceive() {
                let reply = try Stamped<CoordinatorMessage>(serialized: frames[0].bytes)
                if case .answer(let accepted, let text) = reply.body {
                    return Answer(isAccepted: accepted, text: text)
                }
            }
        }
        throw CoordinatingError.usage(
            problem: "no coordinator answers at \(address); is the run under way?")
    }
}
