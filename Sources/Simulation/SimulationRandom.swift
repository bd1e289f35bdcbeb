import TrainingProtocol

/// The one source of chance of a simulation: SplitMix64 (Steele, Lea and Flood, 2014), the same on every machine.
struct SimulationRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = SplitMix64.mix(seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SplitMix64.mix(state)
    }

    /// Evenly from a range that is not empty.
    mutating func int(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// True once in `times`.
    mutating func once(in times: Int) -> Bool { int(1...times) == 1 }

    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
        .microseconds(int(range.lowerBound * 1000...range.upperBound * 1000))
    }
}
