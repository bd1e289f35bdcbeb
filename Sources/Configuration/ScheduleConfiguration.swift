/// The `train.schedule` section: the factor on the learning rate over the run.
///
/// During the first `warmupEpochs` the factor rises linearly from `warmupFactor` to 1. After that it
/// stays (constant), or falls along half a cosine to `finalFactor` at the end of the last epoch.
public struct ScheduleConfiguration: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case constant, cosine
    }

    public var kind: Kind
    /// Length of the warm-up, in epochs; fractions count.
    public var warmupEpochs: Double
    /// The factor at the first step of a warm-up.
    public var warmupFactor: Double
    /// The factor at the end of the run (cosine).
    public var finalFactor: Double

    public init(
        kind: Kind = .cosine, warmupEpochs: Double = 0, warmupFactor: Double = 0.1,
        finalFactor: Double = 0
    ) {
        self.kind = kind
        self.warmupEpochs = warmupEpochs
        self.warmupFactor = warmupFactor
        self.finalFactor = finalFactor
    }
}
