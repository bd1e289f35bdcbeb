import TrainingProtocol

/// How far a reduction is, for whoever asks why it takes so long: what is still awaited, and of whom.
public struct ExchangeProgress: Sendable, Equatable {
    /// What another member has not sent yet.
    public struct Awaited: Sendable, Equatable {
        public let rank: Rank
        /// Whether sums of its slots are among it. A member cannot finish its chunks before it has everyone's sums, so
        /// it is whoever owes sums, to anyone, that holds up all.
        public let owesSums: Bool
        /// Of the first piece.
        public let chunk: Int
    }

    public let chunks: Int
    public let bytesReceived: Int
    /// In rank order.
    public let awaited: [Awaited]
}
