/// An evaluation cut into blocks, the same for any number of workers.
public struct EvaluationBlocks: Sendable, Equatable {
    /// Clips of a block but the last: enough for a pass to be efficient, few enough to be dealt evenly.
    public static let size = 8

    /// Clips in the split.
    public let samples: Int

    public init(samples: Int) { self.samples = samples }

    public var count: Int { (samples + Self.size - 1) / Self.size }

    /// The samples of a block, in their order in the split; none of a block that there is not.
    public func samples(of block: Int) -> Range<Int> {
        min(block * Self.size, samples)..<min((block + 1) * Self.size, samples)
    }
}
