import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("the stem of bf16")
    struct Bfloat16Stems {
        /// Maps of an even and an odd width, of one line and of many, and more pixels than are packed at once.
        static let cases: [ConvolutionReference] = [
            stem(clips: 2, size: (3, 11, 13), kernel: (5, 7), pad: (2, 3)),
            stem(clips: 1, size: (1, 7, 262), kernel: (1, 7), pad: (0, 3)),
            stem(clips: 1, size: (2, 9, 20), kernel: (3, 1), pad: (1, 0), channels: 24),
        ]

        private static func stem(
            clips: Int, size: (Int, Int, Int), kernel: (Int, Int), pad: (Int, Int),
            channels: Int = 8
        ) -> ConvolutionReference {
            ConvolutionReference(
                clips: clips, size: size, channels: (3, channels), kernel: (kernel.0, kernel.1, 7),
                stride: (1, 2, 2), pad: (pad.0, pad.1, 3))
        }

        private func rounded(_ values: [Float]) -> [Float] {
            var bits = [lk_bf16](repeating: 0, count: values.count)
            lk_bf16_round(values.count, values, &bits)
            return bits.map { Float(bitPattern: UInt32($0) << 16) }
        }

        private func lines(
            _ c: ConvolutionReference, _ x: [Float], forGradient: Bool
        ) -> [UInt64] {
            var shape = c.shape
            let count = c.clips * shape.in_time * shape.in_height
            var lines = [UInt64](repeating: .max, count: count * lk_bf16_stem_line(&shape))
            var scratch = [UInt8](repeating: 0xFF, count: lk_bf16_stem_scratch(&shape))
            lk_bf16_stem_lines(&shape, x, 0, count, forGradient ? 1 : 0, &lines, &scratch)
            return lines
        }

        private func forward(
            _ c: ConvolutionReference, _ x: [Float], _ w: [Float], together: Int
        ) -> [Float] {
            var shape = c.shape
            let lines = lines(c, x, forGradient: false)
            let zeros = [UInt64](repeating: 0, count: lk_bf16_stem_line(&shape))
            var packed = [UInt32](repeating: .max, count: lk_bf16_stem_weight(&shape))
            lk_bf16_stem_pack_weight(&shape, w, c.depth, nil, &packed)
            var y: [Float] = []
            for first in stride(from: 0, to: c.rows, by: together) {
                let some = min(together, c.rows - first)
                var part = [Float](
                    repeating: .nan, count: some * shape.out_width * shape.out_channels)
                lk_bf16_stem_multiply(&shape, lines, zeros, packed, first, some, &part)
                y += part
            }
            return y
        }

        private func weightGradient(
            _ c: ConvolutionReference, _ x: [Float], _ dy: [Float]
        ) -> [Float] {
            var shape = c.shape
            let lines = lines(c, x, forGradient: true)
            let zeros = [UInt64](repeating: 0, count: lk_bf16_stem_line(&shape))
            let count = lk_bf16_stem_weight(&shape)
            var sums = [Float](repeating: 0, count: 2 * count)
            let half = c.rows / 2
            sums.withUnsafeMutableBufferPointer { sums in
                lk_bf16_stem_outer(&shape, lines, zeros, dy, 0, half, sums.baseAddress)
                lk_bf16_stem_outer(
                    &shape, lines, zeros,
                    Array(dy[(half * shape.out_width * shape.out_channels)...]), half,
                    c.rows - half, sums.baseAddress.map { $0 + count })
            }
            var gradient = [Float](repeating: 1, count: c.weightCount)
            lk_bf16_stem_unpack(&shape, 2, sums, c.depth, &gradient, 1)
            return gradient.map { $0 - 1 }
        }

        @Test(
            "gives the convolution of the rounded pixels, however lines are cut",
            arguments: Array(cases.indices), KernelVariant.supported)
        func forward(index: Int, variant: KernelVariant) throws {
            try variant.select()
            let c = Self.cases[index]
            let (x, w) = (noise(c.inCount, 1), noise(c.weightCount, 2))
            let y = forward(c, x, w, together: c.rows)
            expectClose(y, c.forward(rounded(x), rounded(w)), tolerance: 4e-6, "y")
            #expect(forward(c, x, w, together: 2) == y)
        }

        @Test(
            "gives the gradient of the weight, added to another's",
            arguments: Array(cases.indices), KernelVariant.supported)
        func gradient(index: Int, variant: KernelVariant) throws {
            try variant.select()
            let c = Self.cases[index]
            let (x, dy) = (noise(c.inCount, 3), noise(c.outCount, 4))
            expectClose(
                weightGradient(c, x, dy), c.weightGradient(rounded(x), rounded(dy)),
                tolerance: 4e-6, "dw")
        }
    }
}
