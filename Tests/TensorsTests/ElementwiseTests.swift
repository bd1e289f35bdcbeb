import CKernels
import Foundation
import Tensors
import Testing

extension KernelTests {
    @Suite("vectors, rows and functions")
    struct Elementwise {
        /// The greatest error of `kernel` in units of the last place of the true value.
        func worst(
            _ xs: [Float],
            _ kernel: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void,
            _ truth: (Double) -> Double
        ) -> Double {
            var ys = [Float](repeating: .nan, count: xs.count)
            kernel(xs.count, xs, &ys)
            var worst = 0.0
            for (x, y) in zip(xs, ys) {
                let exact = truth(Double(x))
                let unit = max(Double(Float(exact).ulp), Double(Float.leastNormalMagnitude.ulp))
                let error = abs(Double(y) - exact) / unit
                worst = error.isNaN ? .infinity : max(worst, error)
            }
            return worst
        }

        @Test("dropout zeroes what was drawn below the rate", arguments: KernelVariant.supported)
        func dropout(variant: KernelVariant) throws {
            try variant.select()
            for count in [1, 7, 16, 33] {
                let x = noise(count, 1)
                let uniform = noise(count, 2).map { 0.5 * $0 + 0.5 }
                var y = uniform
                lk_dropout(count, y, 0.4, x, &y)
                let want = zip(uniform, x).map { $0 < 0.4 ? 0 : Double($1) / 0.6 }
                expectClose(y, want, tolerance: 1e-6)
                #expect(zip(uniform, y).allSatisfy { ($0 < 0.4) == ($1 == 0) })
            }
        }

        @Test(
            "tanh and sigmoid are within a few units of the last place",
            arguments: KernelVariant.supported)
        func functions(variant: KernelVariant) throws {
            try variant.select()
            let line = (-20_000...20_000).map { Float($0) }
            #expect(worst(line.map { $0 * 0.0005 }, { lk_tanh($0, $1, $2) }, tanh) < 3)
            #expect(worst(line.map { $0 * 1e-5 }, { lk_tanh($0, $1, $2) }, tanh) < 3)
            #expect(
                worst(line.map { $0 * 0.004 }, { lk_sigmoid($0, $1, $2) }, { 1 / (1 + exp(-$0)) })
                    < 3)
        }

        @Test("the functions keep their limits", arguments: KernelVariant.supported)
        func limits(variant: KernelVariant) throws {
            try variant.select()
            let xs: [Float] = [-.infinity, -200, 0, -0.0, 200, .infinity, .nan]
            func values(
                _ kernel: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
            ) -> [Float] {
                var ys = xs
                kernel(xs.count, xs, &ys)
                return ys
            }
            let tangents = values { lk_tanh($0, $1, $2) }
            #expect(tangents[..<6] == [-1, -1, 0, 0, 1, 1])
            #expect(tangents[3].sign == .minus)
            let sigmoids = values { lk_sigmoid($0, $1, $2) }
            #expect(sigmoids[..<6] == [0, 0, 0.5, 0.5, 1, 1])
            for result in [tangents, sigmoids] {
                #expect(result[6].isNaN)
            }
        }

        @Test("vector arithmetic on every length of tail", arguments: KernelVariant.supported)
        func vectors(variant: KernelVariant) throws {
            try variant.select()
            for n in [0, 1, 7, 15, 33, 130] {
                let (a, b) = (noise(n, 1), noise(n, 2))
                var sum = a
                var scaled = a
                var positive = a
                var masked = a
                var dot = Double.nan
                lk_add(n, a, b, &sum)
                lk_scale(n, 3, a, &scaled)
                lk_relu(n, a, &positive)
                lk_relu_backward(n, a, b, &masked)
                lk_dot(n, a, b, &dot)
                #expect(sum == zip(a, b).map { $0 + $1 })
                #expect(scaled == a.map { $0 * 3 })
                #expect(positive == a.map { max($0, 0) })
                #expect(masked == zip(a, b).map { $0 > 0 ? $1 : 0 })
                let exact = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                #expect(abs(dot - exact) < 1e-12)
                VectorSums.add(into: &sum, from: b, count: n)
                #expect(sum == zip(a, b).map { $0 + $1 + $1 })
            }
        }

        @Test("rows are cut, summed and turned", arguments: KernelVariant.supported)
        func rows(variant: KernelVariant) throws {
            try variant.select()
            for (rows, columns) in [(1, 1), (5, 3), (70, 33), (200, 65)] {
                let x = noise(rows * (columns + 2), 1)
                let part = (0..<rows).flatMap { r in (0..<columns).map { x[r * (columns + 2) + $0] }
                }
                var cut = [Float](repeating: .nan, count: rows * columns)
                lk_copy_rows(rows, columns, x, columns + 2, &cut, columns)
                #expect(cut == part)
                var turned = cut
                lk_transpose(rows, columns, cut, &turned)
                #expect(
                    turned
                        == (0..<columns).flatMap { c in (0..<rows).map { part[$0 * columns + c] } })

                var sums = [Float](repeating: 1, count: columns)
                lk_add_row_sums(rows, columns, x, columns + 2, &sums)
                let exact = (0..<columns).map { c in
                    (0..<rows).reduce(1.0) { $0 + Double(part[$1 * columns + c]) }
                }
                expectClose(sums, exact)

                var biased = cut
                lk_add_bias(rows, columns, sums, &biased)
                #expect(biased == part.indices.map { part[$0] + sums[$0 % columns] })
            }
        }
    }
}
