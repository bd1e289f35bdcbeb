import CKernels
import Tensors
import Testing

/// Batch norm by its definition, in double.
struct BatchNormReference {
    var rows: Int
    var channels: Int
    var x: [Double]
    var mean: [Double] = []
    var variance: [Double] = []

    init(rows: Int, channels: Int, x: [Float]) {
        self.rows = rows
        self.channels = channels
        self.x = x.map(Double.init)
        for c in 0..<channels {
            let column = (0..<rows).map { self.x[$0 * channels + c] }
            let m = column.reduce(0, +) / Double(rows)
            mean.append(m)
            variance.append(column.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(rows))
        }
    }

    func normalized(_ r: Int, _ c: Int, _ epsilon: Double) -> Double {
        (x[r * channels + c] - mean[c]) / (variance[c] + epsilon).squareRoot()
    }
}

extension KernelTests {
    @Suite("batch norm")
    struct BatchNorm {
        let epsilon = 1e-5

        /// Statistics over uneven tiles, combined.
        func statistics(rows: Int, channels: Int, x: [Float]) -> (
            mean: [Double], variance: [Double]
        ) {
            var counts: [Int] = []
            var means: [Double] = []
            var m2s: [Double] = []
            for first in stride(from: 0, to: rows, by: 37) {
                let n = min(37, rows - first)
                var mean = [Double](repeating: .nan, count: channels)
                var m2 = mean
                lk_batchnorm_statistics(
                    n, channels, Array(x[(first * channels)..<((first + n) * channels)]), &mean,
                    &m2)
                counts.append(n)
                means += mean
                m2s += m2
            }
            var mean = [Double](repeating: .nan, count: channels)
            var variance = mean
            lk_batchnorm_combine(counts.count, channels, counts, means, m2s, &mean, &variance)
            return (mean, variance)
        }

        @Test(
            "statistics of tiles combine to those of the whole, even far from zero",
            arguments: KernelTests.channels, KernelVariant.supported)
        func statistics(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            for rows in [1, 2, 36, 200] {
                // A mean of a hundred deviations: E[x^2] - E[x]^2 in float would lose everything.
                let x = noise(rows * channels, 1).map { $0 + 100 }
                let reference = BatchNormReference(rows: rows, channels: channels, x: x)
                let (mean, variance) = statistics(rows: rows, channels: channels, x: x)
                expectClose(mean, reference.mean, tolerance: 1e-9, "mean of \(rows)")
                expectClose(variance, reference.variance, tolerance: 1e-6, "variance of \(rows)")
            }
        }

        @Test(
            "backward without ReLU agrees with the definition, with and without a residual",
            arguments: KernelTests.channels, KernelVariant.supported)
        func withoutRelu(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            let count = 83 * channels
            let (x, dy, gamma) = (noise(count, 1), noise(count, 3), noise(channels, 4))
            let reference = BatchNormReference(rows: 83, channels: channels, x: x)
            let (mean, variance) = statistics(rows: 83, channels: channels, x: x)
            try backward(reference, x: x, z: nil, dy: dy, gamma: gamma, mean, variance)
        }

        @Test(
            "forward and backward agree with the definition, with ReLU and residual",
            arguments: KernelTests.channels, KernelVariant.supported)
        func throughRelu(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            let rows = 83
            let count = rows * channels
            let (x, residual, dy) = (noise(count, 1), noise(count, 2), noise(count, 3))
            let (gamma, beta) = (noise(channels, 4), noise(channels, 5))
            let reference = BatchNormReference(rows: rows, channels: channels, x: x)
            let (mean, variance) = statistics(rows: rows, channels: channels, x: x)
            var scale = [Float](repeating: .nan, count: channels)
            var shift = scale
            lk_batchnorm_fold(channels, mean, variance, gamma, beta, epsilon, &scale, &shift)
            var z = [Float](repeating: .nan, count: count)
            lk_batchnorm_apply(rows, channels, x, scale, shift, residual, 1, &z)

            var expected = [Double](repeating: 0, count: count)
            for i in 0..<count {
                let (r, c) = (i / channels, i % channels)
                let y = reference.normalized(r, c, epsilon) * Double(gamma[c]) + Double(beta[c])
                expected[i] = max(0, y + Double(residual[i]))
            }
            expectClose(z, expected, "z")
            try backward(reference, x: x, z: z, dy: dy, gamma: gamma, mean, variance)
        }

        @Test(
            "the way back through ReLU takes its output, or its input, to the same bits",
            arguments: KernelTests.channels, KernelVariant.supported)
        func fromInput(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            for rows in [1, 31, 83] {
                let count = rows * channels
                let (x, dy) = (noise(count, 1), noise(count, 2))
                let (scale, shift) = (noise(channels, 3), noise(channels, 4))
                let mean = noise(channels, 5).map { Double($0) / 3 }
                var z = [Float](repeating: .nan, count: count)
                lk_batchnorm_apply(rows, channels, x, scale, shift, nil, 1, &z)
                var wanted = [Double](repeating: .nan, count: 2 * channels)
                var found = wanted
                wanted.withUnsafeMutableBufferPointer {
                    guard let sums = $0.baseAddress else { return }
                    lk_batchnorm_backward_sums(
                        rows, channels, x, mean, dy, z, sums, sums + channels)
                }
                found.withUnsafeMutableBufferPointer {
                    guard let sums = $0.baseAddress else { return }
                    lk_batchnorm_relu_backward_sums(
                        rows, channels, x, mean, scale, shift, dy, sums, sums + channels)
                }
                #expect(found == wanted)
                let (a, b, c) = (noise(channels, 6), noise(channels, 7), noise(channels, 8))
                var dx = [Float](repeating: .nan, count: count)
                let none = Int32(LK_RESIDUAL_NONE)
                lk_batchnorm_backward_apply(rows, channels, x, dy, z, a, b, c, &dx, none, nil)
                var inPlace = dy
                inPlace.withUnsafeMutableBufferPointer {
                    lk_batchnorm_relu_backward_apply(
                        rows, channels, x, scale, shift, $0.baseAddress, a, b, c, $0.baseAddress)
                }
                #expect(inPlace == dx)
            }
        }

        func backward(
            _ reference: BatchNormReference, x: [Float], z: [Float]?, dy: [Float], gamma: [Float],
            _ mean: [Double], _ variance: [Double]
        ) throws {
            let (rows, channels) = (reference.rows, reference.channels)
            var sums = [Double](repeating: .nan, count: channels)
            var along = sums
            lk_batchnorm_backward_sums(rows, channels, x, mean, dy, z, &sums, &along)
            var (a, b, c) = (gamma, gamma, gamma)
            var dgamma = [Float](repeating: 0, count: channels)
            var dbeta = dgamma
            lk_batchnorm_backward_fold(
                channels, rows, mean, variance, gamma, epsilon, sums, along, &a, &b, &c, &dgamma,
                &dbeta)
            var dx = [Float](repeating: .nan, count: rows * channels)
            var stored = dx
            var added = [Float](repeating: 1, count: rows * channels)
            let (store, add) = (Int32(LK_RESIDUAL_STORE), Int32(LK_RESIDUAL_ADD))
            lk_batchnorm_backward_apply(rows, channels, x, dy, z, a, b, c, &dx, store, &stored)
            lk_batchnorm_backward_apply(rows, channels, x, dy, z, a, b, c, &dx, add, &added)
            var alone = [Float](repeating: .nan, count: rows * channels)
            let none = Int32(LK_RESIDUAL_NONE)
            lk_batchnorm_backward_apply(rows, channels, x, dy, z, a, b, c, &alone, none, nil)
            #expect(alone == dx, "the residual's gradient does not change dx")

            let masked = dy.indices.map { i in z.map { $0[i] > 0 } ?? true ? Double(dy[i]) : 0 }
            var (wantedGamma, wantedBeta) = (sums.map { _ in 0.0 }, sums.map { _ in 0.0 })
            for i in masked.indices {
                let (r, ch) = (i / channels, i % channels)
                wantedGamma[ch] += masked[i] * reference.normalized(r, ch, epsilon)
                wantedBeta[ch] += masked[i]
            }
            var wanted = masked
            for i in masked.indices {
                let (r, ch) = (i / channels, i % channels)
                let slope = Double(gamma[ch]) / (reference.variance[ch] + epsilon).squareRoot()
                let n = Double(rows)
                wanted[i] =
                    slope
                    * (masked[i] - wantedBeta[ch] / n
                        - reference.normalized(r, ch, epsilon) * wantedGamma[ch] / n)
            }
            expectClose(dx, wanted, "dx")
            expectClose(dgamma, wantedGamma, "dgamma")
            expectClose(dbeta, wantedBeta, "dbeta")
            expectClose(stored, masked, tolerance: 0, "stored")
            expectClose(added, masked.map { $0 + 1 }, tolerance: 1e-7, "added")
        }

        @Test(
            "past the caches go the same bits", arguments: KernelTests.channels,
            KernelVariant.supported)
        func streaming(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            for rows in [1, 83, 256] {
                let count = rows * channels
                let (x, residual) = (noise(count, 1), noise(count, 2))
                let (scale, shift) = (noise(channels, 3), noise(channels, 4))
                for (added, relu) in [(nil, 1), (residual, 1), (residual, 0)] as [([Float]?, Int32)]
                {
                    var wanted = [Float](repeating: .nan, count: count)
                    lk_batchnorm_apply(
                        rows, channels, x, scale, shift, added, relu, &wanted)
                    // Aligned, and not.
                    let buffer = FloatBuffer(count: count + 1)
                    for offset in [0, 1] {
                        lk_batchnorm_apply_streaming(
                            rows, channels, x, scale, shift, added, relu, buffer.base + offset)
                        #expect(Array(buffer.array[offset..<offset + count]) == wanted)
                    }
                }
            }
        }

        @Test("evaluation applies scale and shift alone, in place if asked")
        func evaluation() throws {
            for variant in KernelVariant.supported {
                try variant.select()
                let (x, scale, shift) = (noise(11 * 5, 1), noise(5, 2), noise(5, 3))
                var y = x
                y.withUnsafeMutableBufferPointer {
                    lk_batchnorm_apply(11, 5, $0.baseAddress, scale, shift, nil, 0, $0.baseAddress)
                }
                let wanted = x.indices.map {
                    Double(x[$0]) * Double(scale[$0 % 5]) + Double(shift[$0 % 5])
                }
                expectClose(y, wanted)
            }
        }
    }
}
