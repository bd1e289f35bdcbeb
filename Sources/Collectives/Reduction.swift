import Tensors
import TrainingProtocol
import ZeroMQ

/// One vector on its way through reduce-scatter and all-gather, as one member sees it. No sockets here:
/// it takes chunks and says what there is to send.
package final class Reduction {
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
    /// What this member holds, in slot order: the sums of its cover, or what they are made of.
    let sums: [FloatBuffer]
    let target: FloatBuffer
    /// The slot that is still being computed, if one is.
    let last: SlotUnderWay?
    /// The stage of `last` from which each chunk is final here.
    let stages: [Int]
    /// Each member's chunks in the order in which they become final here.
    let order: [[Int]]
    /// How many of the owned chunks, in that order, are known to be final here, and which, by `chunk / members`.
    var finalOwned = 0
    var isKnownFinal: [Bool]
    /// Owned chunks of which everything is here and that are still to be finished.
    var ready: ArraySlice<Int> = []
    /// Chunks that are not in the target yet.
    var unfinished: Int

    let covers: [[Subtree]]
    /// Where the sources of each member begin in the plan.
    let firstSource: [Int]
    let plan: TreeSum
    /// The sums of the own cover that others finish chunks from.
    let ownSums: [OwnSum]
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

    package init(
        step: Step, membership: ExchangeMembership,
        sums: [(subtree: Subtree, buffer: FloatBuffer)], last: SlotUnderWay? = nil,
        target: FloatBuffer, chunkBytes: Int, at begun: ContinuousClock.Instant
    ) {
        let own = Self.withLast(sums, last)
        self.begun = begun
        self.membership = membership
        self.sums = own.map(\.buffer)
        self.last = last
        self.target = target
        moment = Moment(term: membership.term, generation: membership.generation, step: step)
        layout = ChunkLayout(
            count: target.count, chunkBytes: chunkBytes, members: membership.members.count)
        let covers = membership.covers()
        self.covers = covers
        let me = membership.me.rawValue
        ownSums = Self.ownSums(membership.tree, cover: covers[me], from: own)
        precondition(
            own.allSatisfy { $0.buffer.count == target.count }, "sums are as long as the target")
        // Others bring the sums of their covers; the own parts are here as they are.
        let parts = covers.indices.map { $0 == me ? own.map(\.subtree) : covers[$0] }
        var firstSource: [Int] = []
        var total = 0
        for part in parts {
            firstSource.append(total)
            total += part.count
        }
        self.firstSource = firstSource
        plan = TreeSum(tree: membership.tree, parts: parts.flatMap { $0 })
        let blocks = ([plan] + ownSums.compactMap(\.plan)).map(\.scratchBlocks).max() ?? 0
        scratch = FloatBuffer(count: blocks * VectorDigest.blockFloats)
        unfinished = layout.chunks
        stages =
            last?.stages(of: layout) ?? Array(repeating: Int.min, count: layout.chunks)
        order = Self.order(layout, stages)
        digests = Array(
            repeating: Digest128(high: 0, low: 0), count: VectorDigest.blocks(target.count))
        arrived = Array(repeating: false, count: layout.chunks)
        let owned = order[me].count
        pieces = Array(repeating: Array(repeating: nil, count: total), count: owned)
        awaited = Array(repeating: total - own.count, count: owned)
        isKnownFinal = Array(repeating: false, count: owned)
        expected = Self.expectations(layout, covers: covers, me: me)
        noteFinalChunks()
    }

    /// The digest of the whole target.
    var digest: Digest {
        Digest(digests.withUnsafeBufferPointer { VectorDigest.combined($0) })
    }
}
