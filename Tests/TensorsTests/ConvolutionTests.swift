import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("convolution")
    struct Convolutions {
        static let indices = Array(ConvolutionReference.cases.indices)

        /// In panels, as lk_direct takes it; `flipped` for the gradient of the input.
        func packed(_ c: ConvolutionReference, _ w: [Float], flipped: Bool = false) -> [Float] {
            let (inputs, outputs) = (c.shape.in_channels, c.shape.out_channels)
            let (depth, columns) = flipped ? (outputs, inputs) : (inputs, outputs)
            let panels = (columns + LK_INDIRECT_COLUMNS - 1) / LK_INDIRECT_COLUMNS
            var result = [Float](
                repeating: .nan, count: c.taps * depth * panels * LK_INDIRECT_COLUMNS)
            w.withUnsafeBufferPointer { w in
                guard let first = w.baseAddress else { return }
                lk_indirect_pack_weight(
                    c.taps, depth, columns, flipped ? first + c.taps - 1 : first,
                    flipped ? -1 : 1, flipped ? c.depth : c.taps, flipped ? c.taps : c.depth,
                    nil, &result)
            }
            return result
        }

        /// (taps, in, out) in PyTorch's layout.
        func unpacked(_ c: ConvolutionReference, _ w: [Float]) -> [Float] {
            var result = [Float](repeating: .nan, count: c.weightCount)
            lk_indirect_unpack_gradient(
                1, w, 0, c.taps, c.shape.in_channels, c.shape.out_channels, 0,
                c.shape.out_channels, c.taps, c.depth, &result, 0)
            let once = result
            lk_indirect_unpack_gradient(
                1, w, 0, c.taps, c.shape.in_channels, c.shape.out_channels, 0,
                c.shape.out_channels, c.taps, c.depth, &result, 1)
            #expect(result == once.map { $0 + $0 }, "added to what lies there")
            return once
        }

        @Test(
            "the direct convolution and its weight's gradient, from any row",
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
                lk_direct(&shape, x, packed(c, w), first, count, &scratch, &y, 0)
                lk_direct_weight_gradient(&shape, x, dy, first, count, &scratch, &dw)
            }
            expectClose(y, c.forward(x, w), "y")
            expectClose(unpacked(c, dw), c.weightGradient(x, dy), "dw")
            var whole = [Float](repeating: .nan, count: c.outCount)
            lk_direct(&shape, x, packed(c, w), 0, c.rows, &scratch, &whole, 0)
            #expect(whole == y, "bits do not depend on the cut into rows")
            lk_direct(&shape, x, packed(c, w), 0, c.rows, &scratch, &whole, 1)
            expectClose(whole, c.forward(x, w).map { 2 * $0 }, "y, added to y")
        }

        @Test(
            "vectors of eight and of sixteen floats give equal bits",
            .enabled(
                if: KernelVariant.supported.contains(.avx512), "no AVX-512 on this processor"),
            arguments: indices)
        func equalBits(index: Int) throws {
            let c = ConvolutionReference.cases[index]
            let (x, w, dy) = (noise(c.inCount, 1), noise(c.weightCount, 2), noise(c.outCount, 3))
            var shape = c.shape
            var scratch = [Float](repeating: .nan, count: lk_direct_scratch(&shape))
            let results = try [KernelVariant.avx2, .avx512].map { variant in
                try variant.select()
                var (y, dw) = (dy, [Float](repeating: 0, count: c.weightCount))
                lk_direct(&shape, x, packed(c, w), 0, c.rows, &scratch, &y, 1)
                lk_direct_weight_gradient(&shape, x, dy, 0, c.rows, &scratch, &dw)
                return y + dw
            }
            let differing = zip(results[0], results[1]).filter { $0 != $1 }.count
            #expect(differing == 0)
        }

        @Test(
            "a stride-1 data gradient is a convolution with the flipped weight",
            arguments: [2, 5, 7, 8, 9, 10], KernelVariant.supported)
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
            var dx = [Float](repeating: .nan, count: c.inCount)
            lk_direct(&shape, dy, packed(c, w, flipped: true), 0, back.rows, &scratch, &dx, 0)
            expectClose(dx, c.dataGradient(dy, w))
        }
    }
}
