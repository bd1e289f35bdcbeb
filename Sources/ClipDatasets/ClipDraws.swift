import CKernels

/// The random numbers behind views and synthetic clips: Philox 4x32-10, four words for each
/// counter.
///
/// Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011).
enum ClipDraws {
    typealias Words = (UInt32, UInt32, UInt32, UInt32)

    /// The words of one sample's view. Sample and epoch are the counter, the seed is the key.
    static func words(seed: UInt64, epoch: Int, sample: Int) -> Words {
        words(key: seed, high: UInt64(truncatingIfNeeded: epoch), low: UInt64(sample))
    }

    /// The bijection: 128 bits of counter under 64 bits of key.
    static func words(key: UInt64, high: UInt64, low: UInt64) -> Words {
        let counter = [
            UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32),
            UInt32(truncatingIfNeeded: high), UInt32(truncatingIfNeeded: high >> 32),
        ]
        let keys = [UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)]
        var words = [UInt32](repeating: 0, count: 4)
        lk_philox(counter, keys, &words)
        return (words[0], words[1], words[2], words[3])
    }

    /// A number in 0..<bound from one word (multiply and shift, after Lemire; for bounds far below
    /// 2^32 its bias is far below what any number of clips could show).
    static func index(_ word: UInt32, below bound: Int) -> Int {
        Int((UInt64(word) * UInt64(bound)) >> 32)
    }
}

/// Draws one after another from one stream of one seed.
struct ClipDrawSequence {
    private let key: UInt64
    private let stream: UInt64
    private var block: UInt64 = 0
    private var pending: [UInt32] = []

    init(seed: UInt64, stream: UInt64) {
        key = seed
        self.stream = stream
    }

    mutating func word() -> UInt32 {
        if pending.isEmpty {
            let words = ClipDraws.words(key: key, high: stream, low: block)
            pending = [words.3, words.2, words.1, words.0]
            block += 1
        }
        return pending.removeLast()
    }

    /// A multiple of 2^-24 in [0, 1).
    mutating func uniform() -> Double { Double(word() >> 8) * 0x1p-24 }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    mutating func index(below bound: Int) -> Int { ClipDraws.index(word(), below: bound) }

    /// Puts the elements in a random order (Fisher and Yates).
    mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, index(below: last + 1))
        }
    }
}
