import Testing

@Suite("Whatever bytes come, they are read or refused", .serialized)
struct HostileInputTests {
    @Test("those that were of interest once", arguments: Decoder.allCases)
    func corpus(decoder: Decoder) throws {
        for input in try Corpus.inputs(of: decoder) {
            #expect(decoder.take(input.bytes) == nil, "\(input.name)")
        }
    }

    @Test("those cut short at any length", arguments: Decoder.allCases)
    func truncation(decoder: Decoder) throws {
        for input in try Corpus.inputs(of: decoder) {
            // Long ones at some lengths: every file is written and opened anew.
            let step = 1 + input.bytes.count / input.damages
            for length in stride(from: 0, to: input.bytes.count, by: step) {
                let problem = decoder.take(Array(input.bytes.prefix(length)))
                #expect(problem == nil, "\(input.name) cut to \(length) bytes")
            }
        }
    }

    @Test("those with bits flipped and parts lost, doubled and zeroed", arguments: Decoder.allCases)
    func damage(decoder: Decoder) throws {
        for (number, input) in try Corpus.inputs(of: decoder).enumerated() {
            var damage = Damage(seed: UInt64(number))
            for round in 0..<input.damages {
                let problem = decoder.take(damage.spoil(input.bytes))
                #expect(problem == nil, "\(input.name), damaged for the \(round)th time")
            }
        }
    }
}
