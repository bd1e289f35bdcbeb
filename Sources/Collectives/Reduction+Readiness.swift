import Tensors
import TrainingProtocol

// A member may begin to reduce while its last slot is still being computed: chunks go their way as they become final.

extension Reduction {
    /// A sum of the own cover, as the owner of a chunk gets it.
    struct OwnSum {
        /// Which of the own buffers it is, or the first that it is made of.
        let first: Int
        /// How it is made; nil where it is one buffer.
        let plan: TreeSum?
        /// How many buffers it is made of.
        let count: Int
    }

    /// The own parts in slot order, with the slot under way among them.
    static func withLast(
        _ sums: [(subtree: Subtree, buffer: FloatBuffer)], _ last: SlotUnderWay?
    ) -> [(subtree: Subtree, buffer: FloatBuffer)] {
        guard let last else { return sums }
        let slot = last.slot.rawValue
        var own = sums
        let place = own.firstIndex { $0.subtree.slots.lowerBound > slot } ?? own.count
        own.insert((Subtree(slot..<slot + 1), last.buffer), at: place)
        return own
    }

    /// How each sum of the cover is made of the own parts.
    ///
    /// - Precondition: the parts make up the cover.
    static func ownSums(
        _ tree: SlotTree, cover: [Subtree], from own: [(subtree: Subtree, buffer: FloatBuffer)]
    ) -> [OwnSum] {
        var next = 0
        let sums = cover.map { node in
            let within = own[next...].prefix { node.slots.contains($0.subtree.slots) }
            defer { next += within.count }
            let isWhole = within.count == 1 && within.first?.subtree == node
            return OwnSum(
                first: next,
                plan: isWhole
                    ? nil : TreeSum(tree: tree, over: node, parts: within.map(\.subtree)),
                count: within.count)
        }
        precondition(next == own.count, "a member brings the sums of its slots, in their order")
        return sums
    }

    /// Each member's chunks, those first that are final first.
    static func order(_ layout: ChunkLayout, _ stages: [Int]) -> [[Int]] {
        (0..<layout.members).map { member in
            Array(stride(from: member, to: layout.chunks, by: layout.members))
                .sorted { (stages[$0], $0) < (stages[$1], $1) }
        }
    }

    /// Whether this member's part of a chunk does not change any more.
    func isFinal(_ chunk: Int) -> Bool {
        guard let last else { return true }
        return stages[chunk] <= last.reached
    }

    /// Owned chunks that have become final here since the last look, and of which everything else is here, are
    /// ready to be finished.
    func noteFinalChunks() {
        let owned = order[me]
        while finalOwned < owned.count, isFinal(owned[finalOwned]) {
            let place = owned[finalOwned] / layout.members
            isKnownFinal[place] = true
            if awaited[place] == 0 { ready.append(owned[finalOwned]) }
            finalOwned += 1
        }
    }

    /// A sum of the own cover, a chunk of it. One that is made of several buffers is made in the target, where the
    /// chunk's owner sends the result in return for it, and so not before it has this.
    func ownSum(_ sum: Int, _ chunk: Int) -> (buffer: FloatBuffer, checksum: UInt64) {
        let floats = layout.floats(of: chunk)
        let own = ownSums[sum]
        guard let plan = own.plan else {
            let buffer = sums[own.first]
            return (
                buffer,
                VectorDigest.of(base: buffer.base + floats.lowerBound, count: floats.count).low
            )
        }
        var hashes: [Digest128] = []
        var start = floats.lowerBound
        while start < floats.upperBound {
            let length = min(VectorDigest.blockFloats, floats.upperBound - start)
            plan.run(
                (own.first..<own.first + own.count).map { UnsafePointer(sums[$0].base + start) },
                into: target.base + start, scratch: scratch.base,
                stride: VectorDigest.blockFloats, count: length)
            hashes.append(Digest128(of: target.base + start, count: length))
            start += length
        }
        return (target, hashes.withUnsafeBufferPointer { VectorDigest.combined($0).low })
    }
}

extension Range<Int> {
    fileprivate func contains(_ other: Range<Int>) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}
