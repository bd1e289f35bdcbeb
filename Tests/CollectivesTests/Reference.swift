import Collectives
import Tensors

/// The slow, obvious sum: the tree of the next power of two, absent slots skipped.
enum Reference {
    static func sum<Value>(
        of values: [Value], _ add: (Value, Value) -> Value
    ) -> Value? {
        var span = 1
        while span < values.count { span *= 2 }
        return sum(values, from: 0, span: span, add)
    }

    static func sum<Value>(
        _ values: [Value], from first: Int, span: Int, _ add: (Value, Value) -> Value
    ) -> Value? {
        if first >= values.count { return nil }
        if span == 1 { return values[first] }
        let left = sum(values, from: first, span: span / 2, add)
        let right = sum(values, from: first + span / 2, span: span / 2, add)
        guard let left, let right else { return left }
        return add(left, right)
    }

    static func sum(of vectors: [[Float]]) -> [Float] {
        sum(of: vectors) { left, right in zip(left, right).map { $0 + $1 } } ?? []
    }

    /// A slot's vector: fractions whose sum depends on the order of additions.
    static func vector(slot: Int, step: Int, count: Int) -> [Float] {
        let seed = UInt32(truncatingIfNeeded: (slot + 1) * 1_000_003 + step) &* 2_654_435_761
        return [Float](unsafeUninitializedCapacity: count) { floats, initialized in
            var state = seed
            for index in 0..<count {
                state = state &* 1_664_525 &+ 1_013_904_223
                floats[index] = Float(state >> 8) * 0x1p-23 - 1
            }
            initialized = count
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct CounterGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func bits(_ values: some Sequence<Float>) -> [UInt32] {
    values.map(\.bitPattern)
}
