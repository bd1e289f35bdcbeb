/// A message and where in the run it belongs.
public struct Stamped<Body: Sendable & Equatable>: Sendable, Equatable {
    public var run: RunID
    public var term: Term
    public var generation: Generation
    /// The step that the message is about.
    public var step: Step
    public var body: Body

    public init(run: RunID, term: Term, generation: Generation, step: Step, body: Body) {
        self.run = run
        self.term = term
        self.generation = generation
        self.step = step
        self.body = body
    }
}

/// What a worker tells the coordinator. While it waits for an answer, it repeats its last word with every heartbeat.
public enum WorkerMessage: Sendable, Equatable {
    case hello(Hello)
    /// The worker knows the run and can take part.
    case ready(Readiness)
    /// Of every bit of the state of the stamp's step, with which the worker goes into the generation.
    case attested(Digest)
    /// The worker holds the reduced gradient of the stamp's step.
    case reduced(StepReport)
    /// All blocks of the evaluation of the stamp's step that the worker was dealt.
    case evaluated([BlockOutcome])
    /// A slot of the stamp's step that more than one worker computes is finished here.
    case witnessed(Slot, Digest)
    case heartbeat(Progress)
    /// The worker cannot go on with the stamp's step, and waits for another generation.
    /// - Parameter accused: The member that the connection which broke, or never stood, goes to.
    case stalled(reason: String, accused: Rank?)
    case failed(reason: String)
    /// The worker asks to be let go at the end of a step.
    case leaving(reason: String)
    /// From an operator, not a worker: let this one go at the end of the step.
    case drain(WorkerID)
    /// From an operator: end the run after the step under way.
    case stop(reason: String)
    /// From an operator: how is the run? The coordinator's shell answers, for it knows more than the machine.
    case inquire
}

/// What the coordinator tells a worker.
public enum CoordinatorMessage: Sendable, Equatable {
    case welcome(WorkerID, Introduction)
    case refusal(reason: String)
    /// Whoever this reaches has no part in this term: it may say hello.
    case unknown(reason: String)
    /// A generation begins from the state of the stamp's step. What is finished of the next step stays.
    case begin(Deal)
    /// The stamp's step is agreed on and durable: apply the update, then do what is next.
    case commit(digest: Digest, next: NextAction)
    case proceed(next: NextAction)
    /// Upload the state of the stamp's step.
    case save
    case finish(Ending, reason: String)
    /// To an operator.
    case answer(accepted: Bool, text: String)
    case alive
}

/// What ends for a worker that is told to finish.
public enum Ending: Sendable, Equatable, CaseIterable {
    /// The run is complete.
    case completed
    /// The run stops after the stamp's step.
    case stopped
    /// This worker's part alone; the run goes on.
    case released
}

/// What a worker does when it has the state of a step.
public enum NextAction: Sendable, Equatable {
    case step
    case evaluate(blocks: [Int])
    /// Wait for what is said next.
    case halt
}

/// The version of the messages; a worker of another one is refused.
public let protocolVersion: UInt32 = 3
