import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("products of bf16")
    struct Bfloat16Products {
        /// Rows, channels, columns and taps of a product.
        struct Size: CustomTestStringConvertible {
            let rows: Int, channels: Int, columns: Int, taps: Int
            var testDescription: String { "\(rows) x \(taps) * \(channels) x \(columns)" }
        }

        static let sizes = [
            Size(rows: 1, channels: 16, columns: 16, taps: 1),
            Size(rows: 15, channels: 48, columns: 80, taps: 3),
            Size(rows: 29, channels: 272, columns: 32, taps: 2),
            Size(rows: 112, channels: 64, columns: 96, taps: 9),
        ]

        /// The nearest bf16, ties to even: the slow way.
        private func rounded(_ value: Float) -> Float {
            let down = Float(bitPattern: value.bitPattern & 0xFFFF_0000)
            let up = Float(bitPattern: down.bitPattern + 0x1_0000)
            let (below, above) = (abs(value - down), abs(up - value))
            if below != above { return below < above ? down : up }
            return down.bitPattern >> 16 & 1 == 0 ? down : up
        }

        /// A pixel's window are its own values and those of the pixels behind it.
        private func product(
            _ s: Size, _ x: [Float], _ weight: [Float], cut: Int
        ) -> [Float] {
            let depth = s.taps * s.channels
            let width = (s.columns + LK_BF16_COLUMNS - 1) / LK_BF16_COLUMNS * LK_BF16_COLUMNS
            var packed = [lk_bf16](repeating: 0xFFFF, count: depth * width)
            lk_bf16_pack_weight(
                s.taps, s.channels, s.columns, weight, s.taps, depth, nil, &packed)
            let offsets = (0..<s.taps).map { $0 * s.channels }
            var y = [Float](repeating: .nan, count: s.rows * s.columns)
            var scratch = [UInt8](repeating: 0xFF, count: Int(LK_BF16_SCRATCH))
            x.withUnsafeBufferPointer { x in
                y.withUnsafeMutableBufferPointer { y in
                    for first in stride(from: 0, to: s.rows, by: cut) {
                        let some = min(cut, s.rows - first)
                        let padded = lk_indirect_padded(some)
                        var table = [UnsafePointer<Float>?](
                            repeating: x.baseAddress, count: s.taps * padded)
                        for tap in 0..<s.taps {
                            for row in 0..<some {
                                table[tap * padded + row] = x.baseAddress.map {
                                    $0 + (first + row + tap) * s.channels
                                }
                            }
                        }
                        let rows = (first..<first + some).map { row in
                            y.baseAddress.map { $0 + row * s.columns }
                        }
                        lk_bf16_multiply(
                            some, s.taps, s.channels, table, offsets, packed, depth, 0, s.columns,
                            rows, 0, &scratch)
                    }
                }
            }
            return y
        }

        private func outer(_ s: Size, _ x: [Float], _ dy: [Float]) -> [Float] {
            let width = (s.columns + LK_BF16_COLUMNS - 1) / LK_BF16_COLUMNS * LK_BF16_COLUMNS
            var packed = [lk_bf16](repeating: 0xFFFF, count: (s.rows + 1) * width)
            lk_bf16_pack_pairs(s.rows, s.columns, dy, &packed)
            var sums = [Float](repeating: .nan, count: s.channels * s.columns)
            var scratch = [UInt8](repeating: 0xFF, count: Int(LK_BF16_SCRATCH))
            x.withUnsafeBufferPointer { x in
                let pixels = (0..<s.rows).map { row in
                    x.baseAddress.map { $0 + row * s.channels }
                }
                sums.withUnsafeMutableBufferPointer { sums in
                    for first in stride(from: 0, to: s.channels, by: LK_BF16_CHANNELS) {
                        lk_bf16_outer(
                            s.rows, pixels, first, min(LK_BF16_CHANNELS, s.channels - first),
                            packed, s.columns, sums.baseAddress.map { $0 + first * s.columns }, 0,
                            &scratch)
                    }
                }
            }
            return sums
        }

        @Test(
            "are those of the rounded factors, however rows are cut", arguments: sizes,
            KernelVariant.supported)
        func product(size s: Size, variant: KernelVariant) throws {
            try variant.select()
            let x = noise((s.rows + s.taps) * s.channels, 1)
            let weight = noise(s.columns * s.channels * s.taps, 2)
            let y = product(s, x, weight, cut: s.rows)
            let (seen, known) = (x.map(rounded), weight.map(rounded))
            var want: [Double] = []
            for row in 0..<s.rows {
                for column in 0..<s.columns {
                    var sum = 0.0
                    for tap in 0..<s.taps {
                        for k in 0..<s.channels {
                            sum +=
                                Double(seen[(row + tap) * s.channels + k])
                                * Double(known[(column * s.channels + k) * s.taps + tap])
                        }
                    }
                    want.append(sum)
                }
            }
            expectClose(y, want, tolerance: 4e-6, "y")
            #expect(product(s, x, weight, cut: 11) == y)
        }

        @Test(
            "sum over pixels to the gradient of a weight", arguments: sizes,
            KernelVariant.supported)
        func outer(size s: Size, variant: KernelVariant) throws {
            try variant.select()
            let (x, dy) = (noise(s.rows * s.channels, 3), noise(s.rows * s.columns, 4))
            let sums = outer(s, x, dy)
            let (seen, known) = (x.map(rounded), dy.map(rounded))
            let want = (0..<s.channels * s.columns).map { place in
                (0..<s.rows).reduce(0.0) { sum, row in
                    sum + Double(seen[row * s.channels + place / s.columns])
                        * Double(known[row * s.columns + place % s.columns])
                }
            }
            expectClose(sums, want, tolerance: 4e-6, "sums")
        }

        @Test("have the same bits with the processor's instructions and without", arguments: sizes)
        func emulation(size s: Size) throws {
            let x = noise((s.rows + s.taps) * s.channels, 5)
            // Some products are denormal.
            let weight = noise(s.columns * s.channels * s.taps, 6).enumerated().map {
                $0 % 3 == 0 ? $1 * 0x1p-125 : $1
            }
            let results = try KernelVariant.supported.filter { $0 != .portable }.map {
                try $0.select()
                return product(s, x, weight, cut: 40).map(\.bitPattern)
            }
            #expect(results.allSatisfy { $0 == results.first })
        }

        @Test("round to the nearest, ties to even, and make zeros of denormal values")
        func rounding() throws {
            let values: [Float] = [
                1, 1.00390625, 1.01171875, 1.00390637, -3.1415927, 0x1p-127, -0x1p-127, 65535,
                .infinity, .greatestFiniteMagnitude,
            ]
            let want: [Float] = [
                1, 1, 1.015625, 1.0078125, -3.140625, 0, -0.0, 65536, .infinity, .infinity,
            ]
            for variant in KernelVariant.supported {
                try variant.select()
                var to = [lk_bf16](repeating: 0, count: values.count)
                lk_bf16_round(values.count, values, &to)
                #expect(to.map { UInt32($0) << 16 } == want.map(\.bitPattern), "\(variant)")
                var nan: [Float] = [.nan], one: [lk_bf16] = [0]
                lk_bf16_round(1, &nan, &one)
                #expect(Float(bitPattern: UInt32(one[0]) << 16).isNaN)
            }
        }
    }
}
