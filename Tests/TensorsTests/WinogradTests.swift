import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("Winograd convolution")
    struct WinogradConvolutions {
        /// Maps that tiles fit, and that they do not.
        static let cases: [ConvolutionReference] = [
            square(clips: 2, size: (1, 8, 4), channels: (16, 32), pad: 1),
            square(clips: 1, size: (2, 7, 9), channels: (48, 16), pad: 1),
            square(clips: 1, size: (1, 9, 6), channels: (32, 32), pad: 0),
            square(clips: 3, size: (1, 3, 5), channels: (16, 16), pad: 2),
            time(clips: 2, size: (4, 3, 5), channels: (16, 48), pad: 1),
            time(clips: 3, size: (7, 2, 3), channels: (32, 16), pad: 1),
            time(clips: 1, size: (9, 1, 4), channels: (16, 16), pad: 0),
        ]
        static let indices = Array(cases.indices)

        static func square(
            clips: Int, size: (Int, Int, Int), channels: (Int, Int), pad: Int
        ) -> ConvolutionReference {
            ConvolutionReference(
                clips: clips, size: size, channels: channels, kernel: (1, 3, 3),
                stride: (1, 1, 1), pad: (0, pad, pad))
        }

        static func time(
            clips: Int, size: (Int, Int, Int), channels: (Int, Int), pad: Int
        ) -> ConvolutionReference {
            ConvolutionReference(
                clips: clips, size: size, channels: channels, kernel: (3, 1, 1),
                stride: (1, 1, 1), pad: (pad, 0, 0))
        }

        private func tiles(_ c: ConvolutionReference) -> Int {
            withUnsafePointer(to: c.shape) { lk_winograd_tiles($0) } * c.clips
        }

        /// The convolution, `tile` tiles and `columns` channels at a time. Input and output channels of `w`
        /// are so many floats apart as `weight` says.
        private func multiply(
            _ c: ConvolutionReference, _ x: [Float], _ w: [Float],
            weight: (isReversed: Bool, input: Int, output: Int), tile: Int, columns: Int,
            onto start: Float = .nan
        ) -> [Float] {
            var shape = c.shape
            let (depth, n) = (shape.in_channels, shape.out_channels)
            let planes = lk_winograd_planes(c.taps)
            var packed = [Float](repeating: .nan, count: planes * depth * n)
            lk_winograd_pack_weight(
                c.taps, depth, n, w, weight.isReversed ? 1 : 0, weight.input, weight.output, nil,
                depth * n, &packed)
            let zeros = [Float](repeating: 0, count: depth)
            var v = [Float](repeating: .nan, count: planes * (tile * depth + 16))
            var m = [Float](repeating: .nan, count: planes * (tile * columns + 16))
            var y = [Float](repeating: start, count: c.outCount)
            for first in stride(from: 0, to: tiles(c), by: tile) {
                let some = min(tile, tiles(c) - first)
                lk_winograd_input(&shape, x, zeros, first, some, tile * depth + 16, &v)
                for column in stride(from: 0, to: n, by: columns) {
                    let width = min(columns, n - column)
                    lk_winograd_multiply(
                        planes, some, depth, v, tile * depth + 16, packed, depth * n, column, width,
                        &m,
                        tile * columns + 16)
                    lk_winograd_output(
                        &shape, m, tile * columns + 16, first, some, column, width, &y,
                        start.isNaN ? 0 : 1)
                }
            }
            return y
        }

        private func forward(
            _ c: ConvolutionReference, _ x: [Float], _ w: [Float], tile: Int, columns: Int = 16,
            onto start: Float = .nan
        ) -> [Float] {
            multiply(
                c, x, w, weight: (false, c.taps, c.depth), tile: tile, columns: columns, onto: start
            )
        }

        private func dataGradient(
            _ c: ConvolutionReference, _ dy: [Float], _ w: [Float]
        ) -> [Float] {
            let s = c.shape
            let back = (s.kernel_time == 1 ? Self.square : Self.time)(
                c.clips, (s.out_time, s.out_height, s.out_width), (s.out_channels, s.in_channels),
                2 - max(s.pad_height, s.pad_time))
            return multiply(
                back, dy, w, weight: (true, c.depth, c.taps), tile: 5, columns: 16)
        }

        private func weightGradient(
            _ c: ConvolutionReference, _ x: [Float], _ dy: [Float], block: Int, rows: Int
        ) -> [Float] {
            var shape = c.shape
            let (depth, n) = (shape.in_channels, shape.out_channels)
            let planes = lk_winograd_planes(c.taps)
            let zeros = [Float](repeating: 0, count: max(depth, n))
            var v = [Float](repeating: .nan, count: planes * block * depth)
            var d = [Float](repeating: .nan, count: planes * block * n)
            var sums = [Float](repeating: .nan, count: planes * depth * n)
            for first in stride(from: 0, to: tiles(c), by: block) {
                let some = min(block, tiles(c) - first)
                lk_winograd_input(&shape, x, zeros, first, some, block * depth, &v)
                lk_winograd_output_gradient(&shape, dy, zeros, first, some, some, block * n, &d)
                for plane in 0..<planes {
                    for row in stride(from: 0, to: depth, by: rows) {
                        v.withUnsafeBufferPointer { v in
                            d.withUnsafeBufferPointer { d in
                                sums.withUnsafeMutableBufferPointer { sums in
                                    guard let v = v.baseAddress, let d = d.baseAddress,
                                        let sums = sums.baseAddress
                                    else { return }
                                    lk_winograd_outer(
                                        some, depth, v + plane * block * depth, row,
                                        min(rows, depth - row), d + plane * block * n, n,
                                        sums + (plane * depth + row) * n, first > 0 ? 1 : 0)
                                }
                            }
                        }
                    }
                }
            }
            var dw = [Float](repeating: 0.5, count: c.weightCount)
            lk_winograd_unpack_gradient(
                c.taps, sums, depth * n, depth, n, 0, n, c.taps, c.depth, &dw, 0)
            let once = dw
            lk_winograd_unpack_gradient(
                c.taps, sums, depth * n, depth, n, 0, n, c.taps, c.depth, &dw, 1)
            #expect(dw == once.map { $0 + $0 }, "added to what lies there")
            return once
        }

        @Test(
            "gives the convolution and both gradients, whatever the cut",
            arguments: indices, KernelVariant.supported)
        func passes(index: Int, variant: KernelVariant) throws {
            try variant.select()
            let c = Self.cases[index]
            let (x, w, dy) = (noise(c.inCount, 1), noise(c.weightCount, 2), noise(c.outCount, 3))
            let want = c.forward(x, w)
            let y = forward(c, x, w, tile: 1)
            expectClose(y, want, tolerance: 4e-6, "y")
            #expect(forward(c, x, w, tile: 7, columns: 32) == y)
            expectClose(
                forward(c, x, w, tile: 3, onto: 2), want.map { $0 + 2 }, tolerance: 4e-6,
                "y, added to what lies there")
            expectClose(dataGradient(c, dy, w), c.dataGradient(dy, w), tolerance: 4e-6, "dx")
            let dw = weightGradient(c, x, dy, block: 64, rows: 128)
            expectClose(dw, c.weightGradient(x, dy), tolerance: 4e-6, "dw")
            #expect(weightGradient(c, x, dy, block: 3, rows: 16) == dw)
        }

        @Test(
            "gives the same bits in every variant that fuses products and sums", arguments: indices)
        func variants(index: Int) throws {
            let c = Self.cases[index]
            let (x, w, dy) = (noise(c.inCount, 1), noise(c.weightCount, 2), noise(c.outCount, 3))
            let results = try KernelVariant.supported.filter { $0 != .portable }.map { variant in
                try variant.select()
                return forward(c, x, w, tile: 4) + dataGradient(c, dy, w)
                    + weightGradient(c, x, dy, block: 5, rows: 32)
            }
            #expect(results.allSatisfy { $0 == results.first })
        }

        /// Root mean square of the difference.
        private func error(_ values: [Float], _ reference: [Double]) -> Double {
            let squares = zip(values, reference).map { (Double($0) - $1) * (Double($0) - $1) }
            return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
        }

        @Test(
            "has at most three times the rounding error of the direct form",
            arguments: [
                square(clips: 4, size: (1, 10, 11), channels: (32, 16), pad: 1),
                time(clips: 4, size: (4, 5, 9), channels: (64, 16), pad: 1),
            ], KernelVariant.supported)
        func accuracy(c: ConvolutionReference, variant: KernelVariant) throws {
            try variant.select()
            // As after a ReLU: half of the input is zero, the rest positive.
            let x = noise(c.inCount, 1).map { max($0, 0) }
            let (w, dy) = (noise(c.weightCount, 2), noise(c.outCount, 3))
            var y = [Float](repeating: 0, count: c.outCount)
            var dw = [Float](repeating: 0, count: c.weightCount)
            c.forEachTerm { y[$2].addProduct(x[$0], w[$1]) }
            c.forEachTerm { dw[$1].addProduct(x[$0], dy[$2]) }
            let (wantY, wantGradient) = (c.forward(x, w), c.weightGradient(x, dy))
            let ratios = [
                error(forward(c, x, w, tile: 9), wantY) / error(y, wantY),
                error(weightGradient(c, x, dy, block: 9, rows: 64), wantGradient)
                    / error(dw, wantGradient),
            ]
            #expect(ratios.allSatisfy { $0 < 3 }, "\(ratios)")
        }
    }
}
