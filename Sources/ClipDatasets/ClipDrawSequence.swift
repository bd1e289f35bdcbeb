import Tensors

/// Draws one after another from one stream of one seed.
struct ClipDrawSequence {
    private let random: CounterRandom
    private var block: UInt64 = 0
    private var pending: [UInt32] = []

    init(seed: UInt64, stream: UInt64) {
        random = CounterRandom(seed: seed, stream: stream)
    }

    private mutating func word() -> UInt32 {
        if pending.isEmpty {
            let words = random.block(at: block)
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

    mutating func index(below bound: Int) -> Int { Self.index(word(), below: bound) }

    /// Puts the elements in a random order (Fisher and Yates).
    mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, index(below: last + 1))
        }
    }

    /// A number in 0..<bound from one word (multiply and shift, after Lemire; its bias is below
    /// bound / 2^32).
    static func index(_ word: UInt32, below bound: Int) -> Int {
        Int((UInt64(word) * UInt64(bound)) >> 32)
    }
}
