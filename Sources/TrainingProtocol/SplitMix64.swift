/// Spreads every bit of a number over all of them: keys of permutations, links of chains, the simulator's chance.
package enum SplitMix64 {
    /// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014), one increment on.
    package static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
