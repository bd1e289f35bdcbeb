/// The `transport` section: limits of what moves between machines. None changes a trained bit.
public struct TransportConfiguration: Sendable, Hashable {
    /// Clips that a worker holds ahead of its step, in bytes.
    public var prefetchBytes: Int
    /// Size of a gradient chunk on the wire, in bytes.
    public var chunkBytes: Int
    /// Silence after which a worker counts as lost.
    public var workerTimeout: Duration
    /// Where a run has keys: whether gradients go unencrypted all the same, with proof of who sent them.
    public var cleartextGradients: Bool

    public init(
        prefetchBytes: Int = 256 << 20, chunkBytes: Int = 1 << 20,
        workerTimeout: Duration = .seconds(2), cleartextGradients: Bool = false
    ) {
        self.cleartextGradients = cleartextGradients
        self.prefetchBytes = prefetchBytes
        self.chunkBytes = chunkBytes
        self.workerTimeout = workerTimeout
    }
}
