import Foundation
import Tensors
import Testing

@Suite("buffers, products, hashes and profiles")
struct TensorsTests {
    @Test("a buffer is zero at first and aligned to a cache line")
    func buffers() {
        for count in [0, 1, 17, 5000] {
            let buffer = FloatBuffer(count: count)
            #expect(Int(bitPattern: buffer.base) % FloatBuffer.alignment == 0)
            #expect(buffer.array == [Float](repeating: 0, count: count))
            #expect(buffer.bytes.count == 4 * count)
            let bytes = ByteBuffer(count: count)
            #expect(bytes.bytes.allSatisfy { $0 == 0 } && bytes.bytes.count == count)
        }
        #expect(FloatBuffer([1, 2, 3]).array == [1, 2, 3])
    }

    @Test("a product of matrices, transposed or not", arguments: [false, true], [false, true])
    func products(transposeA: Bool, transposeB: Bool) {
        let (m, n, k) = (5, 7, 3)
        let (a, b, c) = (noise(m * k, 1), noise(k * n, 2), noise(m * n, 3))
        var result = c
        BLAS.gemm(
            transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: 2, a: a,
            lda: transposeA ? m : k, b: b, ldb: transposeB ? k : n, beta: 0.5, c: &result, ldc: n)
        let wanted = c.indices.map { i in
            (0..<k).reduce(Double(c[i]) / 2) { sum, j in
                let left = transposeA ? a[j * m + i / n] : a[i / n * k + j]
                let right = transposeB ? b[i % n * k + j] : b[j * n + i % n]
                return sum + 2 * Double(left) * Double(right)
            }
        }
        expectClose(result, wanted)
    }

    @Test("a hash is XXH3's, and sees one bit")
    func hashes() {
        let empty = Digest128(of: UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(empty.description == "99aa06d3014798d86001c324468d497f")
        let buffer = FloatBuffer(noise(1000, 1))
        let before = Digest128(of: buffer.base, count: 1000)
        #expect(before == Digest128(of: UnsafeRawBufferPointer(buffer.bytes)))
        buffer[999] = buffer[999].nextUp
        #expect(before != Digest128(of: buffer.base, count: 1000))
        #expect(Digest128(high: 1, low: 10).description == "0000000000000001000000000000000a")
    }

    @Test(
        "a hash is the one that xxhsum prints, for every way in which XXH3 treats lengths",
        arguments: [
            (1, "22bbb76b211a39ba13e608bc156defed"), (16, "ce0b9647ab24f88460d75c5e47d40a24"),
            (100, "2207ed96998d91f20cc97f05750182b2"), (240, "ad46c1021b076bc704e0b5f034bee80b"),
            (241, "ac6c3492c3d6b45d8beadd3a8874fe17"), (1025, "bf447251cfa98d7c806c2072ed713576"),
            (100_000, "d9e155dd16e141d00c056f6fcc340974"),
        ])
    func knownHashes(length: Int, wanted: String) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        #expect(bytes.withUnsafeBytes { Digest128(of: $0).description } == wanted)
    }

    @Test("a profile is written and read back as it was")
    func profiles() throws {
        let own = try NumericsProfile.current()
        let decoded = try JSONDecoder().decode(
            NumericsProfile.self, from: JSONEncoder().encode(own))
        #expect(decoded == own)
    }

    @Test("this process has a profile, and refuses a variant that the processor lacks")
    func current() throws {
        let profile = try NumericsProfile.current()
        #expect(!profile.blasConfiguration.isEmpty && !profile.blasCore.isEmpty)
        #expect(KernelVariant.supported.contains(profile.kernelVariant))
        for variant in KernelVariant.allCases where !KernelVariant.supported.contains(variant) {
            #expect(throws: KernelVariantError.self) {
                try variant.select()
            }
        }
    }
}
