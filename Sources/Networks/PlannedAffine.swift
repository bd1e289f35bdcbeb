import CKernels
import Tensors

/// Batch norm of evaluation, where it does not follow a convolution that it could be folded into.
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

    var forwardBuffers: [BufferID] { [x, y, affine] + [residual].compactMap(\.self) }
    var backwardBuffers: [BufferID] { [] }

    func forward(_ pass: Pass) {
        let channels = tensors.channels
        let scale = pass[affine]
        let shift = scale + 2 * channels
        tensors.foldRunning(scale: scale, shift: shift, pass)
        let (input, output) = (pass[x], pass[y])
        let added = residual.map { pass[$0] }
        pass.tiles(rows, of: max(1, 32_768 / channels)) { range, _ in
            let first = range.lowerBound * channels
            lk_batchnorm_apply(
                range.count, channels, input + first, scale, shift, added.map { $0 + first },
                relu ? 1 : 0, output + first)
        }
    }

    func backward(_ pass: Pass) {}
}
