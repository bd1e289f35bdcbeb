import Foundation
import Testing

@Suite("Whatever bytes come, they are read or refused", .serialized)
struct HostileInputTests {
    @Test("those that were of interest once", arguments: Decoder.allCases)
    func corpus(decoder: Decoder) async throws {
        try await feed(decoder) { _, input in [(input.name, input.bytes)] }
    }

    @Test("those cut short at any length", arguments: Decoder.allCases)
    func truncation(decoder: Decoder) async throws {
        try await feed(decoder) { _, input in
            // Long ones at some lengths: every file is written and opened anew.
            let step = 1 + input.bytes.count / input.damages
            return stride(from: 0, to: input.bytes.count, by: step).map { length in
                ("\(input.name) cut to \(length) bytes", Array(input.bytes.prefix(length)))
            }
        }
    }

    @Test("those with bits flipped and parts lost, doubled and zeroed", arguments: Decoder.allCases)
    func damage(decoder: Decoder) async throws {
        try await feed(decoder) { number, input in
            var damage = Damage(seed: UInt64(number))
            return (0..<input.damages).map { round in
                ("\(input.name), damaged for the \(round)th time", damage.spoil(input.bytes))
            }
        }
    }

    /// On a thread of its own: some decoders wait for tasks, whose threads those of the cooperative pool are.
    private func feed(
        _ decoder: Decoder,
        _ variants: @escaping @Sendable (Int, Corpus.Input) -> [(name: String, bytes: [UInt8])]
    ) async throws {
        let problems = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try Corpus.inputs(of: decoder).enumerated().flatMap(variants).compactMap {
                            variant in
                            decoder.take(variant.bytes).map { "\(variant.name): \($0)" }
                        }
                    })
            }
        }
        #expect(problems == [])
    }
}
