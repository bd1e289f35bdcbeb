import Tensors
import TrainingProtocol

/// The digest of a long vector: XXH3-128 over the XXH3-128 digests of its blocks of 64 KiB.
///
/// Blocks are hashed while they are in the cache, in any order, and neither chunk size nor the number
/// of members changes the result.
public enum VectorDigest {
    /// Floats of a block; the last block of a vector may be shorter.
    public static let blockFloats = 16384

    /// Digests are laid out as they are hashed; little-endian, as all supported machines are.
    static func combined(_ blocks: UnsafeBufferPointer<Digest128>) -> Digest128 {
        Digest128(of: UnsafeRawBufferPointer(blocks))
    }

    static func blocks(_ floats: Int) -> Int {
        (floats + blockFloats - 1) / blockFloats
    }

    /// The digest of `floats`.
    public static func of(_ floats: UnsafeBufferPointer<Float>) -> Digest {
        guard let base = floats.baseAddress else { return Digest(of(base: nil, count: 0)) }
        return Digest(of(base: base, count: floats.count))
    }

    static func of(base: UnsafePointer<Float>?, count: Int) -> Digest128 {
        var digests: [Digest128] = []
        if let base {
            digests.reserveCapacity(blocks(count))
            for start in stride(from: 0, to: count, by: blockFloats) {
                let length = min(blockFloats, count - start)
                digests.append(Digest128(of: base + start, count: length))
            }
        }
        return digests.withUnsafeBufferPointer { combined($0) }
    }
}

extension Digest {
    init(_ digest: Digest128) {
        self.init(high: digest.high, low: digest.low)
    }
}
