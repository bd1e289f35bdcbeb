/// What one recipe yielded with one seed.
public struct RecipeOutcome: Sendable, Hashable, Codable {
    public let seed: UInt64
    /// Share of the clips that were told, 0 to 1; of the ensemble where there are several models.
    public let top1: Double
    public let loss: Double
    /// Shares of the clips whose appearance and motion were told, where classes are such pairs.
    public let appearance: Double?
    public let motion: Double?
    /// Of each model f1..fn by itself, where there are several.
    public let members: [Member]
    /// Clips that were trained on over all stages, counted at every pass.
    public let clipPasses: Int
    /// Wall-clock seconds of all steps.
    public let seconds: Double
    public let weightsSHA256: String

    public struct Member: Sendable, Hashable, Codable {
        public let name: String
        public let top1: Double

        public init(name: String, top1: Double) {
            self.name = name
            self.top1 = top1
        }
    }

    public init(
        seed: UInt64, top1: Double, loss: Double, factors: (appearance: Double, motion: Double)?,
        members: [Member], pace: TrainingPace, weightsSHA256: String
    ) {
        self.seed = seed
        self.top1 = top1
        self.loss = loss
        appearance = factors?.appearance
        motion = factors?.motion
        self.members = members
        clipPasses = pace.clips
        seconds = pace.seconds
        self.weightsSHA256 = weightsSHA256
    }

    public var clipsPerSecond: Double { Double(clipPasses) / max(seconds, 1e-9) }
}
