import Tensors
import TrainingProtocol
import ZeroMQ

/// One vector on its way through reduce-scatter and all-gather, as one member sees it. No sockets here:
/// it takes chunks and says what there is to send.
final class Reduction {
    typealias Moment = ChunkEnvelope.Moment

    /// A member's subtree sum of a chunk, as it arrived.
    private struct Piece {
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
    private(set) var ready: ArraySlice<Int> = []
    /// Chunks that are not in the target yet.
    private(set) var unfinished: Int

    private let covers: [[Subtree]]
    /// Where the sources of each member begin in the plan.
    private let firstSource: [Int]
    private let plan: TreeSum
    /// Of every block of the target, once it is there.
    private var digests: [Digest128]
    private var arrived: [Bool]
    /// Of owned chunks, by `chunk / members`; nil where not arrived, and for the own sums.
    private var pieces: [[Piece?]]
    private var awaited: [Int]
    private let scratch: FloatBuffer
    private var sources: [UnsafePointer<Float>] = []

    private var me: Int { membership.me.rawValue }

    init(
        step: Step, membership: ExchangeMembership,
        sums: [(subtree: Subtree, buffer: FloatBuffer)], target: FloatBuffer, chunkBytes: Int
    ) {
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
        if awaited.first == 0 { ready = owned[...] }
    }

    /// The digest of the whole target.
    var digest: Digest {
        Digest(digests.withUnsafeBufferPointer { VectorDigest.combined($0) })
    }
}

// MARK: - Receiving

extension Reduction {
    /// Whether something that only `rank` can send has not come yet.
    func awaits(_ rank: Int) -> Bool {
        for chunk in 0..<layout.chunks where !arrived[chunk] {
            let owner = layout.owner(of: chunk)
            if owner == rank { return true }
            if owner == me {
                let sources = firstSource[rank]..<firstSource[rank] + covers[rank].count
                if sources.contains(where: { pieces[chunk / layout.members][$0] == nil }) {
                    return true
                }
            }
        }
        return false
    }
}

extension Reduction {
    /// Takes a chunk of this moment.
    ///
    /// - Returns: the chunk to send to all others, if this was the last that it needed.
    /// - Throws: `ExchangeError.violation`, `.corrupted`.
    func accept(_ envelope: ChunkEnvelope, _ message: Message) throws(ExchangeError) -> Int? {
        let (chunk, sender) = (envelope.chunk, envelope.sender)
        guard covers.indices.contains(sender), sender != me else {
            throw violation(envelope, "it is not another member of \(covers.count)")
        }
        guard arrived.indices.contains(chunk) else {
            throw violation(envelope, "chunk \(chunk) of \(layout.chunks)")
        }
        let bytes = layout.floats(of: chunk).count * MemoryLayout<Float>.stride
        guard message.count == bytes else {
            throw violation(
                envelope,
                "chunk \(chunk) has \(message.count) bytes and not \(bytes); "
                    + "model and chunk size must be the same everywhere")
        }
        switch envelope.phase {
        case .partial:
            return try acceptPartial(envelope, message)
        case .reduced:
            try acceptReduced(envelope, message)
            return nil
        }
    }

    private func acceptPartial(
        _ envelope: ChunkEnvelope, _ message: Message
    ) throws(ExchangeError) -> Int? {
        let chunk = envelope.chunk
        guard layout.owner(of: chunk) == me else {
            throw violation(envelope, "chunk \(chunk) is not mine to finish")
        }
        guard let index = covers[envelope.sender].firstIndex(of: envelope.subtree) else {
            throw violation(envelope, "it holds no subtree \(envelope.subtree)")
        }
        let source = firstSource[envelope.sender] + index
        let place = chunk / layout.members
        guard pieces[place][source] == nil, awaited[place] > 0 else {
            throw violation(envelope, "chunk \(chunk) of \(envelope.subtree) came twice")
        }
        pieces[place][source] = Piece(
            message: message, checksum: envelope.checksum, aligned: Self.alignedCopy(message))
        awaited[place] -= 1
        guard awaited[place] == 0 else { return nil }
        try finish(chunk)
        return chunk
    }

    private func acceptReduced(
        _ envelope: ChunkEnvelope, _ message: Message
    ) throws(ExchangeError) {
        let chunk = envelope.chunk
        guard layout.owner(of: chunk) == envelope.sender else {
            throw violation(envelope, "chunk \(chunk) is not its to finish")
        }
        guard !arrived[chunk] else { throw violation(envelope, "chunk \(chunk) came twice") }
        let floats = layout.floats(of: chunk)
        let blocks = layout.blocks(of: chunk)
        message.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            var start = 0
            for block in blocks {
                let length = min(VectorDigest.blockFloats, floats.count - start)
                let place = target.base + floats.lowerBound + start
                UnsafeMutableRawPointer(place).copyMemory(
                    from: source + start * MemoryLayout<Float>.stride,
                    byteCount: length * MemoryLayout<Float>.stride)
                digests[block] = Digest128(of: place, count: length)
                start += length
            }
        }
        guard checksum(ofTarget: chunk) == envelope.checksum else {
            throw .corrupted(peer: Rank(envelope.sender), step: moment.step, chunk: chunk)
        }
        markArrived(chunk)
    }

    /// libzmq receives small frames into one buffer, end to end, where nothing is aligned.
    private static func alignedCopy(_ message: Message) -> FloatBuffer? {
        message.withUnsafeBytes { bytes in
            let address = UInt(bitPattern: bytes.baseAddress)
            if address.isMultiple(of: UInt(MemoryLayout<Float>.alignment)) { return nil }
            let copy = FloatBuffer(count: bytes.count / MemoryLayout<Float>.stride)
            copy.bytes.copyMemory(from: bytes)
            return copy
        }
    }

    private func markArrived(_ chunk: Int) {
        arrived[chunk] = true
        unfinished -= 1
    }

    private func violation(_ envelope: ChunkEnvelope, _ reason: String) -> ExchangeError {
        .violation(peer: Rank(envelope.sender), step: moment.step, reason: reason)
    }
}

// MARK: - Adding

extension Reduction {
    /// Finishes the next owned chunk that needs nothing from others.
    func finishNextReady() throws(ExchangeError) -> Int? {
        guard let chunk = ready.popFirst() else { return nil }
        try finish(chunk)
        return chunk
    }

    /// Adds a chunk's tree block by block, so that hashing what came, adding and hashing the sum all
    /// find the block in the cache.
    private func finish(_ chunk: Int) throws(ExchangeError) {
        let floats = layout.floats(of: chunk)
        let parts = pieces[chunk / layout.members]
        pieces[chunk / layout.members] = []
        var bases: [UnsafePointer<Float>] = []
        for (index, piece) in parts.enumerated() {
            if let base = piece?.base {
                bases.append(base)
            } else {
                bases.append(UnsafePointer(sums[index - firstSource[me]].base) + floats.lowerBound)
            }
        }
        var hashes = [[Digest128]](repeating: [], count: parts.count)
        var start = 0
        sources = bases
        for block in layout.blocks(of: chunk) {
            let length = min(VectorDigest.blockFloats, floats.count - start)
            for index in bases.indices {
                sources[index] = bases[index] + start
                guard parts[index] != nil else { continue }
                hashes[index].append(Digest128(of: sources[index], count: length))
            }
            let place = target.base + floats.lowerBound + start
            plan.run(
                sources, into: place, scratch: scratch.base, stride: VectorDigest.blockFloats,
                count: length)
            digests[block] = Digest128(of: place, count: length)
            start += length
        }
        for (index, piece) in parts.enumerated() {
            guard let piece else { continue }
            let found = hashes[index].withUnsafeBufferPointer { VectorDigest.combined($0).low }
            guard found == piece.checksum else {
                let sender = firstSource.lastIndex { $0 <= index } ?? 0
                throw .corrupted(peer: Rank(sender), step: moment.step, chunk: chunk)
            }
        }
        markArrived(chunk)
    }

    private func checksum(ofTarget chunk: Int) -> UInt64 {
        digests.withUnsafeBufferPointer { digests in
            VectorDigest.combined(UnsafeBufferPointer(rebasing: digests[layout.blocks(of: chunk)]))
                .low
        }
    }
}

// MARK: - Sending

extension Reduction {
    /// How many subtree sums this member sends of every chunk that it does not own.
    var sumsToSend: Int { covers[me].count }

    /// A chunk of one of this member's sums, for the chunk's owner.
    ///
    /// - Parameter release: runs when libzmq has let go of the bytes.
    func partial(
        _ chunk: Int, sum: Int, release: @escaping @Sendable () -> Void
    ) throws(ExchangeError) -> [Message] {
        let floats = layout.floats(of: chunk)
        let buffer = sums[sum]
        let checksum = VectorDigest.of(base: buffer.base + floats.lowerBound, count: floats.count)
            .low
        return try frames(.partial, chunk, covers[me][sum], checksum, buffer, release)
    }

    /// A finished chunk, for everyone.
    func reduced(
        _ chunk: Int, release: @escaping @Sendable () -> Void
    ) throws(ExchangeError) -> [Message] {
        try frames(
            .reduced, chunk, membership.tree.root, checksum(ofTarget: chunk), target, release)
    }

    private func frames(
        _ phase: ChunkEnvelope.Phase, _ chunk: Int, _ subtree: Subtree, _ checksum: UInt64,
        _ buffer: FloatBuffer, _ release: @escaping @Sendable () -> Void
    ) throws(ExchangeError) -> [Message] {
        let envelope = ChunkEnvelope(
            run: membership.run, moment: moment, phase: phase, chunk: chunk, sender: me,
            subtree: subtree, checksum: checksum)
        let head = Message(try envelope.frame())
        let bytes = UnsafeRawBufferPointer(
            UnsafeBufferPointer(rebasing: buffer.floats[layout.floats(of: chunk)]))
        // The closure keeps the buffer alive until its last byte is sent.
        return [head, Message(lending: bytes) { withExtendedLifetime(buffer) { release() } }]
    }
}
