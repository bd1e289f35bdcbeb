import CKernels
import Tensors

extension PlannedNormalization {
    func backward(_ pass: Pass) {
        guard let backward else { return }
        let channels = tensors.channels
        let sums = pass.doubles(backward.sums)
        sumTiles(backward, sums + 2 * channels, pass)
        for index in 0..<2 * channels {
            var sum = 0.0
            for tile in 0..<sumTiles { sum += sums[2 * channels * (tile + 1) + index] }
            sums[index] = sum
        }
        let a = pass[backward.coefficients]
        let mean = pass.doubles(moments)
        let scaleGradient = backward.trainsScale ? pass.gradient + tensors.scale : nil
        let shiftGradient = backward.trainsShift ? pass.gradient + tensors.shift : nil
        if let scaleGradient { lk_fill(channels, 0, scaleGradient) }
        if let shiftGradient { lk_fill(channels, 0, shiftGradient) }
        lk_batchnorm_backward_fold(
            channels, rows, mean, mean + channels, pass.parameters + tensors.scale,
            BatchNorm.epsilon, sums, sums + channels, a, a + channels, a + 2 * channels,
            scaleGradient, shiftGradient)
        if let dx = backward.dx { apply(backward, a, into: pass[dx], pass) }
    }

    /// Whether x tells what ReLU let through.
    private func masksByInput(_ backward: Backward) -> Bool {
        ending == .relu && backward.output == nil
    }

    /// Sums of dy and of dy (x - mean) over each tile.
    private func sumTiles(
        _ backward: Backward, _ sums: UnsafeMutablePointer<Double>, _ pass: Pass
    ) {
        let channels = tensors.channels
        let mean = pass.doubles(moments)
        let scale = pass[affine]
        let (input, dy) = (pass[x], pass[backward.dy])
        if ending == .reluPool2 {
            let from = map.height * map.width * channels
            let to = (map.height / 2) * (map.width / 2) * channels
            pass.tiles(map.images, of: tileImages) { images, _ in
                let place = sums + images.lowerBound / tileImages * 2 * channels
                lk_affine_relu_pool2_backward_sums(
                    images.count, map.height, map.width, channels,
                    input + images.lowerBound * from, scale, scale + channels, mean,
                    dy + images.lowerBound * to, place, place + channels)
            }
            return
        }
        let output = backward.output.map { pass[$0] }
        pass.tiles(rows, of: tileRows) { range, _ in
            let first = range.lowerBound * channels
            let place = sums + range.lowerBound / tileRows * 2 * channels
            if masksByInput(backward) {
                lk_batchnorm_relu_backward_sums(
                    range.count, channels, input + first, mean, scale, scale + channels,
                    dy + first, place, place + channels)
                return
            }
            lk_batchnorm_backward_sums(
                range.count, channels, input + first, mean, dy + first,
                output.map { $0 + first }, place, place + channels)
        }
    }

    private func apply(
        _ backward: Backward, _ a: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
        _ pass: Pass
    ) {
        let channels = tensors.channels
        let (b, c) = (a + channels, a + 2 * channels)
        let (input, scale, dy) = (pass[x], pass[affine], pass[backward.dy])
        if ending == .reluPool2 {
            let from = map.height * map.width * channels
            let to = (map.height / 2) * (map.width / 2) * channels
            pass.tiles(map.images, of: tileImages) { images, _ in
                let first = images.lowerBound * from
                lk_affine_relu_pool2_backward_apply(
                    images.count, map.height, map.width, channels, input + first, scale,
                    scale + channels, dy + images.lowerBound * to, a, b, c, dx + first)
            }
            return
        }
        let mode = GradientTarget.residualMode(backward.residual)
        let shared = backward.residual.map { pass[$0.buffer] }
        let output = backward.output.map { pass[$0] }
        pass.tiles(rows, of: tileRows) { range, _ in
            let first = range.lowerBound * channels
            if masksByInput(backward) {
                lk_batchnorm_relu_backward_apply(
                    range.count, channels, input + first, scale, scale + channels, dy + first, a,
                    b, c, dx + first)
                return
            }
            lk_batchnorm_backward_apply(
                range.count, channels, input + first, dy + first,
                output.map { $0 + first }, a, b, c, dx + first, mode,
                shared.map { $0 + first })
        }
    }
}
