import CKernels
import Tensors
import Testing

@Suite("counter-based random numbers")
struct CounterRandomTests {
    typealias Words = (UInt32, UInt32, UInt32, UInt32)

    /// kat_vectors of Random123: philox4x32 with 10 rounds.
    static let vectors: [(counter: Words, key: (UInt32, UInt32), result: Words)] = [
        (
            (0, 0, 0, 0), (0, 0),
            (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
        ),
        (
            (0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff), (0xffff_ffff, 0xffff_ffff),
            (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
        ),
        (
            (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), (0xa409_3822, 0x299f_31d0),
            (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
        ),
    ]

    @Test("Philox 4x32-10 gives Random123's known answers, in Swift and in C")
    func knownAnswers() {
        for (counter, key, result) in Self.vectors {
            #expect(CounterRandom.philox(counter: counter, key: key) == result)
            let c = [counter.0, counter.1, counter.2, counter.3]
            var words = [UInt32](repeating: 0, count: 4)
            lk_philox(c, [key.0, key.1], &words)
            #expect(words == [result.0, result.1, result.2, result.3])
        }
    }

    @Test("filling a buffer gives the values at its indices")
    func filling() {
        let random = CounterRandom(seed: 0x1234_5678_9abc_def0, stream: 1 << 40 | 3)
        let buffer = FloatBuffer(count: 37)
        let first = UInt64(UInt32.max) - 5
        random.fillUniform(buffer.floats, first: first)
        #expect(buffer.array == (0..<37).map { random.uniform(at: first + $0) })
        random.fillNormal(buffer.floats, first: first)
        #expect(buffer.array == (0..<37).map { random.normal(at: first + $0) })
        random.fillNormal(buffer.floats, first: 2, offset: 1, scale: 0.5)
        #expect(buffer[3] == 1 + 0.5 * random.normal(at: 5))
    }

    @Test("draws have the mean and variance of their kind")
    func moments() {
        let random = CounterRandom(seed: 1, stream: 2)
        let buffer = FloatBuffer(count: 100_000)
        func moments() -> (mean: Double, variance: Double) {
            let n = Double(buffer.count)
            let mean = buffer.floats.reduce(0) { $0 + Double($1) } / n
            return (
                mean, buffer.floats.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
            )
        }
        random.fillNormal(buffer.floats)
        #expect(abs(moments().mean) < 0.02 && abs(moments().variance - 1) < 0.02)
        random.fillUniform(buffer.floats)
        #expect(abs(moments().mean - 0.5) < 0.005 && abs(moments().variance - 1 / 12.0) < 0.002)
        #expect(buffer.floats.allSatisfy { (0..<1).contains($0) })
    }

    @Test("integers stay below their bound and reach all values")
    func integers() {
        let random = CounterRandom(seed: 3)
        let draws = (0..<UInt64(400)).map { random.integer(below: 7, at: $0) }
        #expect(Set(draws) == Set(0..<7))
        #expect(random.integer(below: 1, at: 9) == 0)
    }

    @Test("another seed, stream or index gives other values")
    func independence() {
        let values = [
            CounterRandom(seed: 1, stream: 1).bits(at: 1),
            CounterRandom(seed: 2, stream: 1).bits(at: 1),
            CounterRandom(seed: 1, stream: 2).bits(at: 1),
            CounterRandom(seed: 1, stream: 1).bits(at: 2),
        ]
        #expect(Set(values).count == 4)
    }
}
