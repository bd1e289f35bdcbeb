/// How a vector is cut into chunks, and which member finishes which.
///
/// All members cut alike, since they know the same length, chunk size and number of members. Chunks are
/// whole blocks of `VectorDigest`, and owned in turn, so that members have equal work to within one.
struct ChunkLayout: Equatable {
    /// Floats of the vector.
    let count: Int
    /// Floats of a chunk; the last may be shorter.
    let chunkFloats: Int
    let members: Int

    /// - Parameter chunkBytes: the size wished for. It is rounded up to whole blocks, and made smaller
    ///   where a short vector would leave members without work.
    init(count: Int, chunkBytes: Int, members: Int) {
        self.count = count
        self.members = members
        let block = VectorDigest.blockFloats
        let wished = max(1, chunkBytes / MemoryLayout<Float>.stride)
        let share = max(1, (count + 2 * members - 1) / (2 * members))
        chunkFloats = (min(wished, share) + block - 1) / block * block
    }

    /// The most bytes that a chunk of this wished size can have.
    static func largestChunk(chunkBytes: Int) -> Int {
        let blockBytes = VectorDigest.blockFloats * MemoryLayout<Float>.stride
        return (max(1, chunkBytes) + blockBytes - 1) / blockBytes * blockBytes
    }

    var chunks: Int { (count + chunkFloats - 1) / chunkFloats }

    func owner(of chunk: Int) -> Int { chunk % members }

    func floats(of chunk: Int) -> Range<Int> {
        chunk * chunkFloats..<min(count, (chunk + 1) * chunkFloats)
    }

    /// The blocks of `VectorDigest` that a chunk consists of.
    func blocks(of chunk: Int) -> Range<Int> {
        let floats = floats(of: chunk)
        let first = floats.lowerBound / VectorDigest.blockFloats
        return first..<first + VectorDigest.blocks(floats.count)
    }
}
