import CKernels
import Tensors

/// Batch norm with running statistics, where it does not follow a convolution that it could be
/// folded into: in evaluation, and in training where it is frozen.
struct PlannedAffine: PlannedOperation {
    let name: String
    let tensors: NormalizationTensors
    let rows: Int
    let x: BufferID
    let y: BufferID
    let residual: BufferID?
    let relu: Bool
    /// Floats: 2 x channels of scale, then shift.
    let affine: BufferID
    /// Nil where nothing below is trained.
    let backward: Backward?

    struct Backward: Sendable {
        let dy: BufferID
        let dx: BufferID
        let residual: GradientTarget?
    }

    var forwardBuffers: [BufferID] { [x, y, affine] + [residual].compactMap(\.self) }
    var backwardBuffers: [BufferID] {
        guard let backward else { return [] }
        return [affine, backward.dy, backward.dx]
            + [relu ? y : nil, backward.residual?.buffer].compactMap(\.self)
    }

    /// Pixels of a tile: about 128 kB of activations.
    private var tileRows: Int { max(1, 32_768 / tensors.channels) }

    var cost: OperationCost {
        let floats = rows * tensors.channels
        let back = backward.map {
            OperationCost.Work(
                floats: (2 + (relu ? 1 : 0) + ($0.residual?.sweeps ?? 0)) * floats)
        }
        return OperationCost(
            name: name, kind: .normalization,
            title: "scale, shift" + (residual == nil ? "" : ", add"),
            forward: OperationCost.Work(floats: (residual == nil ? 2 : 3) * floats),
            backward: back ?? .none)
    }

    func forward(_ pass: Pass) {
        let channels = tensors.channels
        let scale = pass[affine]
        let shift = scale + 2 * channels
        tensors.foldRunning(scale: scale, shift: shift, pass)
        let (input, output) = (pass[x], pass[y])
        let added = residual.map { pass[$0] }
        pass.tiles(rows, of: tileRows) { range, _ in
            let first = range.lowerBound * channels
            lk_batchnorm_apply(
                range.count, channels, input + first, scale, shift, added.map { $0 + first },
                relu ? 1 : 0, output + first)
        }
    }

    /// dx = scale dy, where dy counts only where ReLU let it through.
    func backward(_ pass: Pass) {
        guard let backward else { return }
        let channels = tensors.channels
        let (scale, output) = (pass[affine], pass[y])
        let (dy, dx) = (pass[backward.dy], pass[backward.dx])
        let mode = GradientTarget.residualMode(backward.residual)
        let shared = backward.residual.map { pass[$0.buffer] }
        pass.tiles(rows, of: tileRows) { range, _ in
            let first = range.lowerBound * channels
            // The factor of x is zero: any finite numbers do for it, and dy is at hand.
            lk_batchnorm_backward_apply(
                range.count, channels, dy + first, dy + first, relu ? output + first : nil, scale,
                pass.zeros, pass.zeros, dx + first, mode, shared.map { $0 + first })
        }
    }
}
