import Tensors
import TrainingProtocol
import ZeroMQ

/// One vector on its way through reduce-scatter and all-gather, as one member sees it. No sockets here:
/// it takes chunks and says what there is to send.
final class Reduction {
    typealias Moment = ChunkEnvelope.Moment

    /// A member's subtree sum of a chunk, as it arrived.
    struct Piece {
        let message: Message
        let checksum: UInt64
        /// Set where the message's bytes do not lie as floats must.
        let aligned: FloatBuffer?

        var base: UnsafePointer<Float>? {
            if let aligned { return UnsafePointer(aligned.base) }
            return message.withUnsafeBytes { $0.baseAddress?.assumingMemoryBound(to: Float.self) }
        }
    }

    let moment: Moment
    let membership: ExchangeMembership
    let layout: ChunkLayout
    /// The sums that this member holds, in the order of its cover.
    let sums: [FloatBuffer]
    let target: FloatBuffer
    /// Owned chunks that need nothing from others and are still to be finished.
    var ready: ArraySlice<Int> = []
    /// Chunks that are not in the target yet.
    var unfinished: Int

    let covers: [[Subtree]]
    /// Where the sources of each member begin in the plan.
    let firstSource: [Int]
    let plan: TreeSum
    /// Of every block of the target, once it is there.
    var digests: [Digest128]
    var arrived: [Bool]
    /// Of owned chunks, by `chunk / members`; nil where not arrived, and for the own sums.
    var pieces: [[Piece?]]
    var awaited: [Int]
    let scratch: FloatBuffer
    var sources: [UnsafePointer<Float>] = []

    /// Of every member, by rank.
    var expected: [Expectation]
    var bytesReceived = 0
    let begun: ContinuousClock.Instant

    var me: Int { membership.me.rawValue }

    init(
        step: Step, membership: ExchangeMembership,
        sums: [(subtree: Subtree, buffer: FloatBuffer)], target: FloatBuffer, chunkBytes: Int,
        at begun: ContinuousClock.Instant
    ) {
        self.begun = begun
        self.membership = membership
        self.sums = sums.map(\.buffer)
        self.target = target
        moment = Moment(term: membership.term, generation: membership.generation, step: step)
        layout = ChunkLayout(
            count: target.count, chunkBytes: chunkBytes, members: membership.members.count)
        covers = membership.covers()
        precondition(
            sums.map(\.subtree) == covers[membership.me.rawValue],
            "a member brings the sums of its slots, in their order")
        precondition(
            sums.allSatisfy { $0.buffer.count == target.count }, "sums are as long as the target")
        var firstSource: [Int] = []
        var total = 0
        for cover in covers {
            firstSource.append(total)
            total += cover.count
        }
        self.firstSource = firstSource
        plan = TreeSum(tree: membership.tree, parts: covers.flatMap { $0 })
        scratch = FloatBuffer(count: plan.scratchBlocks * VectorDigest.blockFloats)
        unfinished = layout.chunks
        digests = Array(
            repeating: Digest128(high: 0, low: 0), count: VectorDigest.blocks(target.count))
        arrived = Array(repeating: false, count: layout.chunks)
        let owned = Array(
            stride(from: membership.me.rawValue, to: layout.chunks, by: layout.members))
        pieces = Array(repeating: Array(repeating: nil, count: total), count: owned.count)
        awaited = Array(repeating: total - covers[membership.me.rawValue].count, count: owned.count)
        expected = Self.expectations(layout, covers: covers, me: membership.me.rawValue)
        if awaited.first == 0 { ready = owned[...] }
    }

    /// The digest of the whole target.
    var digest: Digest {
        Digest(digests.withUnsafeBufferPointer { VectorDigest.combined($0) })
    }
}
