import Collectives
import Tensors
import TrainingProtocol
import ZeroMQ

/// One sound member of rank 0, holding slot 0 and owning the only chunk, and a second whose every
/// message the test writes.
final class PuppetMember {
    static let count = 10
    let exchange: GradientExchange
    let tree = SlotTree(slots: 2)
    /// Where the sound member's chunks arrive.
    var inbox: Socket?
    /// The way to the sound member.
    var outgoing: Socket?
    private let puppetAddress: String
    private let context: Context

    init(generation: UInt64 = 5) throws {
        context = try Context()
        exchange = try GradientExchange(context: context, bind: "tcp://127.0.0.1:*")
        let inbox = try Socket(.pull, in: context)
        puppetAddress = try inbox.bind("tcp://127.0.0.1:*")
        self.inbox = inbox
        outgoing = try Self.way(to: exchange, context)
        try configure(generation: generation)
    }

    /// A worker of another run says what the puppet would, and is gone when this returns.
    func visit(step: Int) throws {
        try send(step: step, run: 8, by: Self.way(to: exchange, Context()))
    }

    private static func way(to exchange: GradientExchange, _ context: Context) throws -> Socket {
        var options = SocketOptions()
        options.linger = .seconds(2)
        let socket = try Socket(.push, in: context, options: options)
        try socket.connect(tcpEndpoint(of: exchange))
        return socket
    }

    func configure(generation: UInt64) throws {
        try exchange.configure(
            ExchangeMembership(
                run: RunID(7), term: Term(1), generation: Generation(generation), tree: tree,
                members: [
                    .init(address: exchange.address, slots: SlotSet(0..<1)),
                    .init(address: puppetAddress, slots: SlotSet(1..<2)),
                ], me: Rank(0)))
    }

    /// The sound member begins to reduce.
    func reduce(step: Int) throws -> DedicatedThread<Members.Outcome> {
        let (exchange, tree) = (exchange, tree)
        return try DedicatedThread(name: "reduce") {
            let target = FloatBuffer(count: Self.count)
            let sums = Members.sums(tree, 0..<1, step: step, count: Self.count)
            let digest = try exchange.reduce(step: Step(UInt64(step)), sums: sums, into: target)
            return Members.Outcome(digest: digest, bits: bits(target.floats))
        }
    }

    /// Sends the puppet's share of a step, or something like it.
    func send(
        step: Int, generation: UInt64 = 5, run: UInt64 = 7, chunk: Int = 0, sender: Int = 1,
        phase: ChunkEnvelope.Phase = .partial, subtree: Subtree = Subtree(1..<2),
        values: [Float]? = nil, checksum: UInt64? = nil, by socket: Socket? = nil
    ) throws {
        let floats = values ?? Reference.vector(slot: 1, step: step, count: Self.count)
        let envelope = ChunkEnvelope(
            run: RunID(run),
            moment: .init(
                term: Term(1), generation: Generation(generation), step: Step(UInt64(step))),
            phase: phase, chunk: chunk, sender: sender, subtree: subtree,
            checksum: checksum ?? ChunkEnvelope.checksum(floats))
        try (socket ?? outgoing)?.send([
            Message(try envelope.frame()), floats.withUnsafeBytes { Message(copying: $0) },
        ])
    }

    /// The finished chunk that the sound member sent, if it is sound.
    func received() throws -> [UInt32]? {
        guard let frames = try inbox?.receive(timeout: .seconds(10)), frames.count == 2,
            let envelope = ChunkEnvelope(frames[0].bytes), envelope.phase == .reduced
        else { return nil }
        let floats = frames[1].withUnsafeBytes { bytes in
            (0..<Self.count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        return envelope.checksum == ChunkEnvelope.checksum(floats) ? bits(floats) : nil
    }
}
