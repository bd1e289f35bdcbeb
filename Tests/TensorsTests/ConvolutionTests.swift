import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("convolution")
    struct Convolutions {
        static let indices = Array(ConvolutionReference.cases.indices)

        func packed(_ c: ConvolutionReference, _ w: [Float]) -> [Float] {
            var result = [Float](repeating: .nan, count: c.weightCount)
            lk_pack_weight(c.shape.out_channels, c.shape.in_channels, c.taps, w, &result)
            return result
        }

        /// (depth, out) summed back into PyTorch's layout.
        func unpacked(_ c: ConvolutionReference, _ w: [Float]) -> [Float] {
            var result = [Float](repeating: 0, count: c.weightCount)
            lk_add_packed_weight(c.shape.out_channels, c.shape.in_channels, c.taps, w, &result)
            return result
        }

        @Test(
            "im2col and GEMM give the convolution and both gradients",
            arguments: indices, KernelVariant.supported)
        func im2col(index: Int, variant: KernelVariant) throws {
            try variant.select()
            let c = ConvolutionReference.cases[index]
            let (x, w, dy) = (noise(c.inCount, 1), noise(c.weightCount, 2), noise(c.outCount, 3))
            let (k, n) = (c.depth, c.shape.out_channels)
            let weight = packed(c, w)
            var shape = c.shape
            var y = [Float](repeating: .nan, count: c.outCount)
            var dx = [Float](repeating: 0, count: c.inCount)
            var dw = [Float](repeating: 0, count: c.weightCount)
            // Tiles of 5 pixels, so that they begin anywhere.
            for first in stride(from: 0, to: c.pixels, by: 5) {
                let m = min(5, c.pixels - first)
                var columns = [Float](repeating: .nan, count: m * k)
                lk_im2col(&shape, x, first, m, &columns)
                let dyTile = Array(dy[(first * n)..<((first + m) * n)])
                y.withUnsafeMutableBufferPointer {
                    BLAS.gemm(
                        m: m, n: n, k: k, a: columns, lda: k, b: weight, ldb: n,
                        c: $0.baseAddress! + first * n, ldc: n)
                }
                BLAS.gemm(
                    transposeA: true, m: k, n: n, k: m, a: columns, lda: k, b: dyTile, ldb: n,
                    beta: 1, c: &dw, ldc: n)
                BLAS.gemm(
                    transposeB: true, m: m, n: k, k: n, a: dyTile, lda: n, b: weight, ldb: n,
                    c: &columns, ldc: k)
                lk_col2im(&shape, columns, first, m, &dx)
            }
            expectClose(y, c.forward(x, w), "y")
            expectClose(dx, c.dataGradient(dy, w), "dx")
            expectClose(unpacked(c, dw), c.weightGradient(x, dy), "dw")
        }

        @Test(
            "the direct convolution gives the same, from any row",
            arguments: indices, KernelVariant.supported)
        func direct(index: Int, variant: KernelVariant) throws {
            try variant.select()
            let c = ConvolutionReference.cases[index]
            let (x, w, dy) = (noise(c.inCount, 1), noise(c.weightCount, 2), noise(c.outCount, 3))
            var shape = c.shape
            var scratch = [Float](repeating: .nan, count: lk_direct_scratch(&shape))
            var y = [Float](repeating: .nan, count: c.outCount)
            var dw = [Float](repeating: 0, count: c.weightCount)
            for first in stride(from: 0, to: c.rows, by: 3) {
                let count = min(3, c.rows - first)
                lk_direct(&shape, x, packed(c, w), first, count, &scratch, &y)
                lk_direct_weight_gradient(&shape, x, dy, first, count, &scratch, &dw)
            }
            expectClose(y, c.forward(x, w), "y")
            expectClose(unpacked(c, dw), c.weightGradient(x, dy), "dw")
            var whole = [Float](repeating: .nan, count: c.outCount)
            lk_direct(&shape, x, packed(c, w), 0, c.rows, &scratch, &whole)
            #expect(whole == y, "bits do not depend on the cut into rows")
        }

        @Test(
            "a stride-1 data gradient is a convolution with the flipped weight",
            arguments: [2, 5, 7], KernelVariant.supported)
        func flipped(index: Int, variant: KernelVariant) throws {
            try variant.select()
            let c = ConvolutionReference.cases[index]
            let s = c.shape
            let (w, dy) = (noise(c.weightCount, 2), noise(c.outCount, 3))
            let back = ConvolutionReference(
                clips: c.clips, size: (s.out_time, s.out_height, s.out_width),
                channels: (s.out_channels, s.in_channels),
                kernel: (s.kernel_time, s.kernel_height, s.kernel_width), stride: (1, 1, 1),
                pad: (
                    s.kernel_time - 1 - s.pad_time, s.kernel_height - 1 - s.pad_height,
                    s.kernel_width - 1 - s.pad_width
                ))
            var shape = back.shape
            var scratch = [Float](repeating: .nan, count: lk_direct_scratch(&shape))
            var weight = [Float](repeating: .nan, count: c.weightCount)
            var dx = [Float](repeating: .nan, count: c.inCount)
            lk_pack_weight_flipped(s.out_channels, s.in_channels, c.taps, w, &weight)
            lk_direct(&shape, dy, weight, 0, back.rows, &scratch, &dx)
            expectClose(dx, c.dataGradient(dy, w))
        }

        @Test(
            "pointwise products agree with sums in double",
            arguments: [1, 3, 5, 8, 17, 33], [1, 3, 8, 16, 17, 40])
        func pointwise(depth: Int, columns: Int) throws {
            for variant in KernelVariant.supported {
                try variant.select()
                for rows in [1, 7, 31, 150] {
                    let (x, w) = (noise(rows * depth, 1), noise(depth * columns, 2))
                    let dy = noise(rows * columns, 3)
                    var y = [Float](repeating: .nan, count: rows * columns)
                    var dw = [Float](repeating: 0, count: depth * columns)
                    lk_pointwise(rows, depth, columns, x, w, &y)
                    lk_pointwise_weight_gradient(rows, depth, columns, x, dy, &dw)
                    var reference = [Double](repeating: 0, count: y.count)
                    var gradient = [Double](repeating: 0, count: dw.count)
                    for r in 0..<rows {
                        for k in 0..<depth {
                            for n in 0..<columns {
                                let a = Double(x[r * depth + k])
                                reference[r * columns + n] += a * Double(w[k * columns + n])
                                gradient[k * columns + n] += a * Double(dy[r * columns + n])
                            }
                        }
                    }
                    expectClose(y, reference, "y of \(rows) rows, \(variant)")
                    expectClose(dw, gradient, "dw of \(rows) rows, \(variant)")
                }
            }
        }
    }
}
