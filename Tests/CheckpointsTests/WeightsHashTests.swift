import Checkpoints
import Testing

@Suite("The hash of weights")
struct WeightsHashTests {
    @Test("follows the documented bytes, whatever the order and the pieces they come in")
    func documentedBytes() {
        let a = TensorSource(name: "a.weight", shape: [2, 2], values: [1, 2, 3, 4])
        let b = TensorSource(name: "b", shape: [], values: [0.5])
        let pieces = TensorSource(name: "a.weight", shape: [2, 2]) { take in
            [Float](arrayLiteral: 1, 2, 3).withUnsafeBytes { take($0) }
            [Float](arrayLiteral: 4).withUnsafeBytes { take($0) }
        }
        // hashlib.sha256(b'a.weight\x00' + b'2,2\x00' + numpy.float32([1, 2, 3, 4]).tobytes()
        //     + b'b\x00\x00' + numpy.float32(0.5).tobytes()).hexdigest()
        let expected = "e8c6a362bd22d4f5e9a7a030795e8ce1a49618921f001b1b5560a6607abe89f5"
        #expect(weightsSHA256(of: [a, b]) == expected)
        #expect(weightsSHA256(of: [b, a]) == expected)
        #expect(weightsSHA256(of: [b, pieces]) == expected)
    }

    @Test("tells shapes, names and signs of zero apart")
    func sensitivity() {
        let hashes = [
            TensorSource(name: "a", shape: [2], values: [0, 1]),
            TensorSource(name: "a", shape: [1, 2], values: [0, 1]),
            TensorSource(name: "b", shape: [2], values: [0, 1]),
            TensorSource(name: "a", shape: [2], values: [-0.0, 1]),
        ].map { weightsSHA256(of: [$0]) }
        #expect(Set(hashes).count == hashes.count)
    }

    @Test("of a file is that of its tensors, and stands in the manifest")
    func ofFile() throws {
        try withTemporaryDirectory { directory in
            let run = try RunDirectory.create(
                at: "\(directory)/run", configuration: exampleConfiguration())
            let checkpoint = try run.checkpoints.save(contents(step: 2), keep: 1).checkpoint
            let expected = weightsSHA256(of: contents(step: 2).model)
            #expect(checkpoint.manifest.weightsSHA256 == expected)
            #expect(try checkpoint.model().weightsSHA256() == expected)
        }
    }
}
