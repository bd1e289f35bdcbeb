import Tensors
import TrainingProtocol

extension Reduction {
    /// Finishes the next owned chunk that needs nothing from others.
    func finishNextReady() throws(ExchangeError) -> Int? {
        guard let chunk = ready.popFirst() else { return nil }
        try finish(chunk)
        return chunk
    }

    /// Adds a chunk's tree block by block, so that hashing what came, adding and hashing the sum all
    /// find the block in the cache.
    func finish(_ chunk: Int) throws(ExchangeError) {
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

    func checksum(ofTarget chunk: Int) -> UInt64 {
        digests.withUnsafeBufferPointer { digests in
            VectorDigest.combined(UnsafeBufferPointer(rebasing: digests[layout.blocks(of: chunk)]))
                .low
        }
    }
}
