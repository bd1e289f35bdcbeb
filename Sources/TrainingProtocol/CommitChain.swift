/// A running digest over a run's commits: each link stands for a step, what it came to, the clips that it counted,
/// and all links before it.
///
/// It makes a journal that was cut, spliced or edited by accident show, and two runs that agree at one step comparable
/// by one number. It is no signature: whoever can write the file can make another chain.
public enum CommitChain {
    /// Before the first commit.
    public static let origin = Digest(high: 0, low: 0)

    /// The link of a step behind the link before it.
    public static func link(
        after previous: Digest, step: Step, digest: Digest, samples: [SampleID]
    ) -> Digest {
        var high = previous.high ^ 0x6A09_E667_F3BC_C908
        var low = previous.low ^ 0xBB67_AE85_84CA_A73B
        var words = [step.rawValue, digest.high, digest.low, UInt64(samples.count)]
        words += samples.map { UInt64($0.rawValue) }
        for word in words {
            high = SplitMix64.mix(high ^ word)
            low = SplitMix64.mix(low &+ word ^ high)
        }
        return Digest(high: high, low: low)
    }
}
