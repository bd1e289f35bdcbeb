import TrainingProtocol

/// How far a reduction is, for whoever asks why it takes so long: what is still awaited, and of whom.
public struct ExchangeProgress: Sendable, Equatable {
    public enum Phase: Sendable {
        /// A member's sums of chunks that this one finishes.
        case partial
        /// Chunks that the member finishes itself.
        case reduced
    }

    /// What another member has not sent yet.
    public struct Awaited: Sendable, Equatable {
        public let rank: Rank
        /// Of the first piece. A member cannot finish its chunks before it has everyone's sums, so it is whoever is
        /// awaited in the first phase, by anyone, that holds up all.
        public let phase: Phase
        /// Of the first piece.
        public let chunk: Int
        /// Of both phases.
        public let pieces: Int
        public let bytes: Int
        /// When something of this reduction last came from the member; the reduction's beginning where nothing did.
        public let lastArrival: ContinuousClock.Instant
    }

    public let generation: Generation
    public let step: Step
    public let chunksArrived: Int
    public let chunks: Int
    public let bytesReceived: Int
    /// In rank order.
    public let awaited: [Awaited]
    /// Members that have not yet taken all that this one has for them now.
    public let undelivered: [Rank]
    /// When something last came from anyone; the reduction's beginning where nothing did.
    public let lastArrival: ContinuousClock.Instant
}
