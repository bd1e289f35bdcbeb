import CKernels

/// Counter-based random numbers: value n of a (seed, stream) pair is a function of the three, so
/// that any machine can draw any of them without drawing those before.
///
/// Philox 4x32-10: Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (SC
/// 2011). The seed is the key; index and stream are the counter. The kinds of draw share counters,
/// so use a stream for one kind only.
public struct CounterRandom: Hashable, Sendable {
    public let seed: UInt64
    public let stream: UInt64

    public init(seed: UInt64, stream: UInt64 = 0) {
        self.seed = seed
        self.stream = stream
    }

    /// The 128 random bits of block `index`.
    public func block(at index: UInt64) -> (UInt32, UInt32, UInt32, UInt32) {
        CounterRandom.philox(
            counter: (
                UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
                UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
            ),
            key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    }

    /// 64 random bits.
    public func bits(at index: UInt64) -> UInt64 {
        let words = block(at: index)
        return UInt64(words.1) << 32 | UInt64(words.0)
    }

    /// Uniform in [0, 1), a multiple of 2^-24.
    public func uniform(at index: UInt64) -> Float {
        Float(block(at: index).0 >> 8) * 0x1p-24
    }

    /// Uniform in 0 ..< bound; the bias is below bound / 2^64.
    public func integer(below bound: Int, at index: UInt64) -> Int {
        precondition(bound > 0, "no integer below \(bound)")
        return Int(bits(at: index).multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Close to normal with mean 0 and variance 1: the sum of 12 uniforms less 6, exact before its
    /// one rounding.
    public func normal(at index: UInt64) -> Float {
        var sum: UInt64 = 0
        for part in 0..<UInt64(3) {
            let words = block(at: 3 &* index &+ part)
            sum += UInt64(words.0) + UInt64(words.1) + UInt64(words.2) + UInt64(words.3)
        }
        return Float(Double(sum) * 0x1p-32 - 6)
    }

    /// Fills with offset + scale * uniform(at: first + i).
    public func fillUniform(
        _ floats: UnsafeMutableBufferPointer<Float>, first: UInt64 = 0, offset: Float = 0,
        scale: Float = 1
    ) {
        guard let base = floats.baseAddress else { return }
        lk_random_uniform(seed, stream, first, floats.count, offset, scale, base)
    }

    /// Fills with offset + scale * normal(at: first + i).
    public func fillNormal(
        _ floats: UnsafeMutableBufferPointer<Float>, first: UInt64 = 0, offset: Float = 0,
        scale: Float = 1
    ) {
        guard let base = floats.baseAddress else { return }
        lk_random_normal(seed, stream, first, floats.count, offset, scale, base)
    }

    /// The bijection itself.
    public static func philox(
        counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        for _ in 0..<10 {
            let p0 = UInt64(c0) &* 0xD251_1F53
            let p1 = UInt64(c2) &* 0xCD9E_8D57
            c0 = UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0
            c2 = UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1
            c1 = UInt32(truncatingIfNeeded: p1)
            c3 = UInt32(truncatingIfNeeded: p0)
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}
