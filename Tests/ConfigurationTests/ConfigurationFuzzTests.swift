import Configuration
import Testing

@Suite("Whatever the text, reading it returns")
struct ConfigurationFuzzTests {
    @Test("truncated, flipped and spliced texts are read or refused in lines that can be printed")
    func damage() {
        var random = SplitMix(state: 20)
        let original = Array(example.utf8)
        for _ in 0..<1500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place...)
                case 2: bytes.insert(contentsOf: original.suffix(place / 2), at: place)
                default:
                    bytes[place] = "[]{}:,#&*!|>'\"%@`-?\n\t ".utf8.randomElement(using: &random)!
                }
                if bytes.isEmpty { bytes = original }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(ConfigurationError) {
                let configuration = try RunConfiguration(yaml: text)
                #expect(throws: Never.self) {
                    let again = try RunConfiguration(yaml: configuration.canonicalYAML)
                    #expect(again == configuration)
                }
            } catch {
                #expect(!error.problems.isEmpty)
                #expect(error.problems.allSatisfy { !$0.description.contains("\n") })
            }
        }
    }
}

/// Vigna's splitmix64: the same damage in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
