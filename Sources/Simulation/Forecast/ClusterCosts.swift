public import TrainingProtocol

/// What the parts of a step cost on a cluster: the numbers that a forecast starts from.
public struct ClusterCosts: Sendable {
    /// A worker's time over a slot, forward and backward.
    public var slot: Duration
    /// Slots take up to this share longer, drawn evenly.
    public var jitter: Double
    /// What an all-reduce sums.
    public var gradientBytes: Int
    /// What a joiner loads.
    public var stateBytes: Int
    /// Of a slot's clips, as they are stored.
    public var clipBytes: Int
    /// Steps whose clips a worker asks for ahead.
    public var prefetch = 2

    /// Bytes a second, each way.
    public var workerLink: Double
    public var headLink: Double
    /// One way.
    public var latency: Duration

    /// The head's processor time to take in, or to send, one control message, and for each of its bytes. Measured with a
    /// thousand connections on one Zen 4 core (`ControlPlaneTests`): 9 ms a step, 0.37 s to begin a generation.
    public var controlMessage = Duration.microseconds(5)
    public var controlByte = Duration.nanoseconds(5)
    /// What a message of a generation says of each member.
    public var memberBytes = 70
    /// A worker's processor time to send, or to take in, one message of an all-reduce.
    public var exchangeMessage = Duration.microseconds(10)
    public var chunkBytes = 1 << 20
    /// Bytes a second at which a worker adds, hashes or updates vectors.
    public var memory = 5e9
    /// Bytes a second at which the head reads clips.
    public var reading = 2e9
    /// Until a record of the journal is durable.
    public var sync = Duration.milliseconds(2)

    /// The mean time until a worker's machine fails.
    public var failure: Duration
    /// Until another one takes its place.
    public var replacement = Duration.seconds(60)
    public var deadlines = Deadlines.standard

    public init(
        slot: Duration, jitter: Double, gradientBytes: Int, stateBytes: Int, clipBytes: Int,
        workerLink: Double, headLink: Double, latency: Duration, failure: Duration
    ) {
        self.slot = slot
        self.jitter = jitter
        self.gradientBytes = gradientBytes
        self.stateBytes = stateBytes
        self.clipBytes = clipBytes
        self.workerLink = workerLink
        self.headLink = headLink
        self.latency = latency
        self.failure = failure
    }

    /// - Parameter covers: The subtree sums that all members bring together.
    func exchange(members: Int, covers: Int) -> (link: Duration, processor: Duration) {
        let bytes = Double(gradientBytes)
        let others = Double(members - 1) / Double(members)
        let sums = Double(covers) / Double(members)
        // Its sums go to the owners of the chunks, theirs come; then finished chunks go to all, and come from all.
        let link = bytes * others * (sums + 1) / workerLink
        let pieces = max(1, bytes / Double(members) / Double(chunkBytes)).rounded(.up)
        let messages = 2 * Double(members - 1) * pieces * (sums + 1)
        let touched = bytes * (sums + 2)
        return (
            .seconds(link),
            .seconds(messages * exchangeMessage.inSeconds + touched / memory)
        )
    }
}
