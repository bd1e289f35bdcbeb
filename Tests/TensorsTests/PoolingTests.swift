import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("pooling")
    struct Pooling {
        @Test(
            "max pooling takes the first of equals, and sends the gradient there",
            arguments: [1, 3, 8, 9, 17, 24, 70], KernelVariant.supported)
        func maximum(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            let (images, height, width) = (2, 7, 6)
            let (oh, ow) = ((height - 1) / 2 + 1, (width - 1) / 2 + 1)
            var shape = lk_pooling(
                in_height: height, in_width: width, channels: channels, kernel: 3, stride: 2,
                pad: 1, out_height: oh, out_width: ow)
            // Few distinct values make many ties.
            let x = noise(images * height * width * channels, 1).map { ($0 * 3).rounded() }
            let dy = noise(images * oh * ow * channels, 2)
            var y = [Float](repeating: .nan, count: dy.count)
            var argmax = [UInt8](repeating: 255, count: dy.count)
            var dx = [Float](repeating: .nan, count: x.count)
            lk_max_pool(&shape, images, x, &y, &argmax)
            lk_max_pool_backward(&shape, images, dy, argmax, &dx)

            var wanted = [Double](repeating: 0, count: y.count)
            var gradient = [Double](repeating: 0, count: x.count)
            for o in y.indices {
                let c = o % channels
                let (col, row) = (o / channels % ow, o / channels / ow % oh)
                let image = o / channels / ow / oh
                var best = (value: -Float.infinity, at: -1)
                for i in 0..<3 {
                    for j in 0..<3 {
                        let (h, w) = (row * 2 - 1 + i, col * 2 - 1 + j)
                        guard (0..<height).contains(h), (0..<width).contains(w) else { continue }
                        let at = ((image * height + h) * width + w) * channels + c
                        if x[at] > best.value { best = (x[at], at) }
                    }
                }
                wanted[o] = Double(best.value)
                gradient[best.at] += Double(dy[o])
            }
            expectClose(y, wanted, tolerance: 0, "y")
            expectClose(dx, gradient, tolerance: 1e-6, "dx")
        }

        /// Average pooling over given bins, forward and backward, in double.
        func averages(
            _ x: [Float], _ dy: [Float], images: Int, size: (Int, Int), channels: Int,
            rows: [Range<Int>], columns: [Range<Int>]
        ) -> (y: [Double], dx: [Double]) {
            var y = [Double](repeating: 0, count: dy.count)
            var dx = [Double](repeating: 0, count: x.count)
            for o in dy.indices {
                let c = o % channels
                let column = columns[o / channels % columns.count]
                let row = rows[o / channels / columns.count % rows.count]
                let image = o / channels / columns.count / rows.count
                for h in row {
                    for w in column {
                        let at = ((image * size.0 + h) * size.1 + w) * channels + c
                        y[o] += Double(x[at]) / Double(row.count * column.count)
                        dx[at] += Double(dy[o]) / Double(row.count * column.count)
                    }
                }
            }
            return (y, dx)
        }

        @Test(
            "2x2 average pooling leaves out an odd last row and column",
            arguments: [1, 3, 8, 33], KernelVariant.supported)
        func average2(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            for (h, w) in [(4, 6), (5, 7), (2, 3)] {
                let (x, dy) = (
                    noise(2 * h * w * channels, 1), noise(2 * (h / 2) * (w / 2) * channels, 2)
                )
                var y = [Float](repeating: .nan, count: dy.count)
                var dx = [Float](repeating: .nan, count: x.count)
                lk_average_pool2(2, h, w, channels, x, &y)
                lk_average_pool2_backward(2, h, w, channels, dy, &dx)
                let wanted = averages(
                    x, dy, images: 2, size: (h, w), channels: channels,
                    rows: (0..<(h / 2)).map { (2 * $0)..<(2 * $0 + 2) },
                    columns: (0..<(w / 2)).map { (2 * $0)..<(2 * $0 + 2) })
                expectClose(y, wanted.y, "y")
                expectClose(dx, wanted.dx, "dx")
            }
        }

        @Test(
            "adaptive and global average pooling use PyTorch's bins",
            arguments: [1, 5, 64, 70], KernelVariant.supported)
        func adaptive(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            for (h, w, oh, ow) in [(7, 7, 2, 2), (5, 3, 2, 2), (9, 4, 1, 1), (1, 1, 2, 2)] {
                let (x, dy) = (noise(2 * h * w * channels, 1), noise(2 * oh * ow * channels, 2))
                var y = [Float](repeating: .nan, count: dy.count)
                var dx = [Float](repeating: .nan, count: x.count)
                lk_adaptive_average_pool(2, h, w, channels, oh, ow, x, &y)
                lk_adaptive_average_pool_backward(2, h, w, channels, oh, ow, dy, &dx)
                func bins(_ size: Int, _ count: Int) -> [Range<Int>] {
                    (0..<count).map {
                        ($0 * size / count)..<(($0 + 1) * size + count - 1) / count
                    }
                }
                let wanted = averages(
                    x, dy, images: 2, size: (h, w), channels: channels, rows: bins(h, oh),
                    columns: bins(w, ow))
                expectClose(y, wanted.y, "y")
                expectClose(dx, wanted.dx, "dx")
            }
        }

        @Test(
            "batch norm, ReLU and pooling fused give what they give one by one",
            arguments: [1, 3, 8, 11, 16, 24, 32, 33, 130], KernelVariant.supported)
        func fused(channels: Int, variant: KernelVariant) throws {
            try variant.select()
            let (images, h, w) = (2, 5, 9)
            let rows = images * h * w
            let (x, dy) = (noise(rows * channels, 1), noise(images * 2 * 4 * channels, 2))
            let (scale, shift) = (noise(channels, 3), noise(channels, 4))
            let mean = noise(channels, 5).map(Double.init)
            let (a, b, c) = (noise(channels, 6), noise(channels, 7), noise(channels, 8))

            var z = [Float](repeating: .nan, count: x.count)
            var y = [Float](repeating: .nan, count: dy.count)
            var dz = z
            var dx = z
            var (sums, along) = (mean, mean)
            lk_batchnorm_apply(rows, channels, x, scale, shift, nil, 1, &z)
            lk_average_pool2(images, h, w, channels, z, &y)
            lk_average_pool2_backward(images, h, w, channels, dy, &dz)
            lk_batchnorm_backward_sums(rows, channels, x, mean, dz, z, &sums, &along)
            lk_batchnorm_backward_apply(
                rows, channels, x, dz, z, a, b, c, &dx, Int32(LK_RESIDUAL_NONE), nil)

            var fusedY = [Float](repeating: .nan, count: dy.count)
            var fusedDX = z
            var (fusedSums, fusedAlong) = (mean, mean)
            lk_affine_relu_pool2(images, h, w, channels, x, scale, shift, &fusedY)
            lk_affine_relu_pool2_backward_sums(
                images, h, w, channels, x, scale, shift, mean, dy, &fusedSums, &fusedAlong)
            lk_affine_relu_pool2_backward_apply(
                images, h, w, channels, x, scale, shift, dy, a, b, c, &fusedDX)
            expectClose(fusedY, y.map(Double.init), "y")
            // Both round in their own order, and the terms of the sums cancel.
            expectClose(fusedSums, sums, tolerance: 1e-5, "sum of dy")
            expectClose(fusedAlong, along, tolerance: 1e-5, "sum of dy x")
            expectClose(fusedDX, dx.map(Double.init), "dx")
        }
    }
}
