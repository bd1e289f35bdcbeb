/// A keyed pseudo-random permutation of `0 ..< count`: the order of an epoch's samples without a table of them.
///
/// A balanced Feistel network on the smallest even number of bits that holds `count`, walked until the value
/// falls inside the range (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). Coordinator,
/// worker, simulator and audit each compute it from (seed, epoch) and agree without talking.
public struct SampleOrder: Sendable, Equatable {
    public let count: Int
    private let halfBits: UInt64
    private let keys: [UInt64]

    /// Eight rounds: four make a Feistel network pseudo-random, the rest costs nothing and mixes the narrow
    /// halves of small sets well.
    private static let rounds: UInt64 = 8

    public init(seed: UInt64, epoch: Epoch, count: Int) {
        precondition(count >= 0)
        self.count = count
        var bits: UInt64 = 2
        while bits < 62 && (1 << bits) < UInt64(count) { bits += 2 }
        halfBits = bits / 2
        let key = SplitMix64.mix(SplitMix64.mix(seed) ^ epoch.rawValue)
        keys = (0..<Self.rounds).map { SplitMix64.mix(key &+ $0 &* 0x9E37_79B9_7F4A_7C15) }
    }

    /// The sample at a position of the epoch, `0 ..< count`.
    public subscript(position: Int) -> SampleID {
        precondition(position >= 0 && position < count, "a position outside the epoch")
        var value = UInt64(position)
        repeat { value = permute(value) } while value >= UInt64(count)
        return SampleID(Int(value))
    }

    private func permute(_ value: UInt64) -> UInt64 {
        let mask: UInt64 = (1 << halfBits) - 1
        var left = value >> halfBits
        var right = value & mask
        for key in keys {
            (left, right) = (right, left ^ (SplitMix64.mix(right ^ key) & mask))
        }
        return left << halfBits | right
    }
}
