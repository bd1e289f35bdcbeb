import TrainingProtocol

/// A reduction that has begun: what `GradientExchange.finish` waits for.
public struct OngoingReduction: Sendable {
    let last: SlotUnderWay?
    let answer: ExchangeOrder.Answer<Digest>
}
