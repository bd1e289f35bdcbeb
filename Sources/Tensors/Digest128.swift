import CKernels

/// A 128-bit XXH3 hash: tells whether two buffers hold the same bytes. It guards against faults,
/// not against malice.
public struct Digest128: Hashable, Codable, Sendable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The hash of `bytes`, the same on every machine.
    public init(of bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) {
        self.init(high: 0, low: 0)
        lk_hash128(bytes.baseAddress, bytes.count, seed, &high, &low)
    }

    /// The hash of a run of floats, by their bits: 0 and -0 differ.
    public init(of floats: UnsafePointer<Float>, count: Int, seed: UInt64 = 0) {
        self.init(
            of: UnsafeRawBufferPointer(start: floats, count: count * MemoryLayout<Float>.stride),
            seed: seed)
    }

    /// 32 lower-case hexadecimal digits, as `xxh128sum` prints.
    public var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
