import Tensors

/// The random words of one clip in one epoch: a function of (seed, epoch, sample), so that a clip
/// looks the same on whatever machine it is prepared.
///
/// What is drawn for one purpose leaves the others' words as they are. The generator's stream is the
/// epoch, with the purpose from bit 48 on; its block is the sample, with the attempt from bit 48 on,
/// where a purpose rejects draws.
public struct ClipDraws: Sendable {
    public enum Purpose: UInt64, Sendable {
        /// Words: window, row, column, mirroring.
        case placement
        /// Words: temporal stride, length of the short side.
        case scale
        /// Words of each attempt: area, aspect, row, column.
        case area
        /// Words: brightness, contrast, saturation.
        case color
        /// Two numbers of 64 bits an attempt.
        case mixture
        /// A key of 64 bits, from which dropout draws.
        case dropout
    }

    private let seed: UInt64
    private let epoch: UInt64
    private let sample: UInt64

    public init(seed: UInt64, epoch: Int, sample: Int) {
        self.seed = seed
        self.epoch = UInt64(truncatingIfNeeded: epoch)
        self.sample = UInt64(truncatingIfNeeded: sample)
    }

    public func words(
        _ purpose: Purpose, attempt: Int = 0
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        CounterRandom(seed: seed, stream: epoch | purpose.rawValue << 48)
            .block(at: sample | UInt64(attempt) << 48)
    }

    /// What a network draws for the clip is a function of this and of the place in the network.
    public var networkKey: UInt64 {
        let words = words(.dropout)
        return UInt64(words.1) << 32 | UInt64(words.0)
    }

    /// A multiple of 2^-32 in [0, 1).
    static func fraction(_ word: UInt32) -> Double { Double(word) * 0x1p-32 }

    static func number(_ word: UInt32, in range: ClosedRange<Double>) -> Double {
        let number = range.lowerBound + (range.upperBound - range.lowerBound) * fraction(word)
        return min(number, range.upperBound)
    }
}
