import Tensors
import TrainingProtocol
import ZeroMQ

extension Reduction {
    /// Takes a chunk of this moment.
    ///
    /// - Returns: the chunk to send to all others, if this was the last that it needed.
    /// - Throws: `ExchangeError.violation`, `.corrupted`.
    package func accept(_ envelope: ChunkEnvelope, _ message: Message) throws(ExchangeError) -> Int?
    {
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
        // Of a finished chunk no pieces are kept.
        guard awaited[place] > 0, pieces[place][source] == nil else {
            throw violation(envelope, "chunk \(chunk) of \(envelope.subtree) came twice")
        }
        pieces[place][source] = Piece(
            message: message, checksum: envelope.checksum, aligned: Self.alignedCopy(message))
        awaited[place] -= 1
        notePartial(from: envelope.sender, bytes: message.count)
        guard awaited[place] == 0, isKnownFinal[place] else { return nil }
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
        noteReduced(from: envelope.sender, bytes: message.count)
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

    func markArrived(_ chunk: Int) {
        arrived[chunk] = true
        unfinished -= 1
    }

    private func violation(_ envelope: ChunkEnvelope, _ reason: String) -> ExchangeError {
        .violation(peer: Rank(envelope.sender), step: moment.step, reason: reason)
    }
}
