import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("augmentation")
    struct Augmentation {
        @Test(
            "frames are resized by the weights of rows and columns",
            arguments: [2, 3, 7], KernelVariant.supported)
        func resampling(taps: Int, variant: KernelVariant) throws {
            try variant.select()
            let (height, width, rows, columns) = (9, 40, 5, 37)
            let bytes = (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 * 41 + $0 / 9) }
            let firstRows = (0..<rows).map { $0 * 3 % (height - taps + 1) }
            let firstColumns = (0..<columns).map { 3 + $0 * 5 % (width - taps - 2) }
            let (a, b) = (noise(rows * taps, 1), noise(columns * taps, 2))
            var row = [Float](repeating: .nan, count: 3 * width)
            var out = [Float](repeating: .nan, count: rows * columns * 3)
            firstRows.withUnsafeBufferPointer { firstRows in
                firstColumns.withUnsafeBufferPointer { firstColumns in
                    a.withUnsafeBufferPointer { a in
                        b.withUnsafeBufferPointer { b in
                            var y = lk_resampling(
                                count: rows, taps: taps, first: firstRows.baseAddress,
                                weights: a.baseAddress)
                            var x = lk_resampling(
                                count: columns, taps: taps, first: firstColumns.baseAddress,
                                weights: b.baseAddress)
                            lk_resample_frame(&y, &x, bytes, width, &row, &out)
                        }
                    }
                }
            }
            let wanted = out.indices.map { at in
                let (c, i, r) = (at % 3, at / 3 % columns, at / 3 / columns)
                var sum = 0.0
                for k in 0..<taps {
                    for m in 0..<taps {
                        let byte = bytes[
                            ((firstRows[r] + k) * width + firstColumns[i] + m) * 3 + c]
                        sum += Double(a[r * taps + k]) * Double(b[i * taps + m]) * Double(byte)
                    }
                }
                return sum
            }
            expectClose(out, wanted, tolerance: 1e-6)
        }

        @Test(
            "brightness sums greys, and colours are blended and cut",
            arguments: KernelVariant.supported)
        func color(variant: KernelVariant) throws {
            try variant.select()
            for count in [1, 7, 8, 100, 333] {
                var x = noise(3 * count, 3).map { abs($0) }
                let bright = x.map { min(1, Double($0) * 1.5) }
                func grey(_ x: [Double], _ i: Int) -> Double {
                    0.299 * x[3 * i] + 0.587 * x[3 * i + 1] + 0.114 * x[3 * i + 2]
                }
                var sum = 2.0
                lk_brighten_pixels(count, 1.5, &x, &sum)
                expectClose(x, bright)
                let total = (0..<count).reduce(2) { $0 + grey(bright, $1) }
                #expect(abs(sum - total) < 1e-6 * total)
                lk_color_pixels(count, 1.5, 0.4, 0.25, &x)
                let contrasted = bright.map { min(max($0 * 1.5 - 0.2, 0), 1) }
                expectClose(
                    x,
                    contrasted.indices.map {
                        0.25 * contrasted[$0] + 0.75 * grey(contrasted, $0 / 3)
                    })
            }
        }

        @Test("a blur of any radius filters rows and columns", arguments: KernelVariant.supported)
        func blur(variant: KernelVariant) throws {
            try variant.select()
            let (height, width) = (5, 19)
            for radius in [0, 1, 3, 30] {
                let weights = noise(2 * radius + 1, 4)
                let x = noise(height * width * 3, 5)
                var y = x
                var scratch = [Float](
                    repeating: .nan, count: x.count + 3 * (width + 2 * radius))
                lk_blur_frame(weights, radius, height, width, &y, &scratch)
                func at(_ r: Int, _ i: Int, _ c: Int) -> Double {
                    let (row, column) = (min(max(r, 0), height - 1), min(max(i, 0), width - 1))
                    return Double(x[(row * width + column) * 3 + c])
                }
                var wanted: [Double] = []
                for place in x.indices {
                    let (c, i, r) = (place % 3, place / 3 % width, place / 3 / width)
                    var sum = 0.0
                    for (k, a) in weights.enumerated() {
                        for (m, b) in weights.enumerated() {
                            sum += Double(a) * Double(b) * at(r + k - radius, i + m - radius, c)
                        }
                    }
                    wanted.append(sum)
                }
                expectClose(y, wanted, tolerance: 3e-6, "radius \(radius)")
            }
        }

        @Test("two clips are mixed into each other", arguments: KernelVariant.supported)
        func mixing(variant: KernelVariant) throws {
            try variant.select()
            for count in [1, 17, 100] {
                let (a, b) = (noise(count, 6), noise(count, 7))
                var (x, y) = (a, b)
                VectorSums.mix(&x, own: 0.75, &y, own: 0.125, count: count)
                expectClose(x, zip(a, b).map { 0.75 * Double($0) + 0.25 * Double($1) })
                expectClose(y, zip(a, b).map { 0.125 * Double($1) + 0.875 * Double($0) })
            }
        }
    }
}
