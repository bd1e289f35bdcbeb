import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("indirect convolution")
    struct IndirectConvolutions {
        static let indices = Array(ConvolutionReference.cases.indices)

        private func rounded(_ count: Int, _ unit: Int) -> Int {
            (count + unit - 1) / unit * unit
        }

        /// The convolution in tiles of `tile` pixels and of LK_INDIRECT_COLUMNS channels.
        private func forward(
            _ c: ConvolutionReference, _ x: [Float], _ w: [Float], tile: Int
        ) -> [Float] {
            var shape = c.shape
            let (taps, depth, n) = (c.taps, c.shape.in_channels, c.shape.out_channels)
            var packed = [Float](
                repeating: .nan, count: c.depth * rounded(n, LK_INDIRECT_COLUMNS))
            lk_indirect_pack_weight(taps, depth, n, w, 1, taps, c.depth, nil, &packed)
            let zeros = [Float](repeating: 0, count: depth)
            let offsets = (0..<taps).map { $0 * depth }
            var y = [Float](repeating: .nan, count: c.outCount)
            var table = [UnsafePointer<Float>?](
                repeating: nil, count: taps * lk_indirect_padded(tile))
            x.withUnsafeBufferPointer { x in
                zeros.withUnsafeBufferPointer { zeros in
                    y.withUnsafeMutableBufferPointer { y in
                        for first in stride(from: 0, to: c.pixels, by: tile) {
                            let m = min(tile, c.pixels - first)
                            lk_indirect_table(
                                &shape, x.baseAddress, zeros.baseAddress, first, m, &table)
                            let rows = (first..<first + m).map { row in
                                y.baseAddress.map { $0 + row * n }
                            }
                            for column in stride(from: 0, to: n, by: LK_INDIRECT_COLUMNS) {
                                lk_indirect_multiply(
                                    m, taps, depth, table, offsets, packed, c.depth, column,
                                    min(LK_INDIRECT_COLUMNS, n - column), rows, 0)
                            }
                        }
                    }
                }
            }
            return y
        }

        @Test(
            "gives the convolution, whatever the tiles",
            arguments: indices, KernelVariant.supported)
        func forward(index: Int, variant: KernelVariant) throws {
            try variant.select()
            let c = ConvolutionReference.cases[index]
            let (x, w) = (noise(c.inCount, 1), noise(c.weightCount, 2))
            let y = forward(c, x, w, tile: 7)
            expectClose(y, c.forward(x, w), "y")
            #expect(forward(c, x, w, tile: 60) == y)
        }

        @Test(
            "gives the same bits in every variant that fuses products and sums", arguments: indices)
        func variants(index: Int) throws {
            let c = ConvolutionReference.cases[index]
            let (x, w) = (noise(c.inCount, 1), noise(c.weightCount, 2))
            let results = try KernelVariant.supported.filter { $0 != .portable }.map { variant in
                try variant.select()
                return forward(c, x, w, tile: 12)
            }
            #expect(results.allSatisfy { $0 == results.first })
        }
    }
}
