import CKernels
import Tensors

/// A way to compute the convolutions of one shape: forward, and the gradients of input and weight.
///
/// The shape of one clip decides which way is taken, so that a clip's output does not depend on the
/// clips beside it.
protocol ConvolutionAlgorithm: Sendable {
    var shape: lk_convolution { get }
    /// Output pixels of the batch.
    var rows: Int { get }
    /// Output pixels that are finished together.
    var tileRows: Int { get }
    /// Whether a tile of the way forward is all channels of tileRows pixels.
    var finishesTiles: Bool { get }

    /// Floats of the weight, packed for the way forward.
    var packedCount: Int { get }
    /// Floats of the weight, packed for the gradient of the input.
    var packedTransposedCount: Int { get }
    /// Floats that the gradient of the weight needs on its way.
    var partialCount: Int { get }
    /// Scratch memory of a thread.
    var scratchBytes: Int { get }

    /// Packs the weight for `forward`, each output channel times its `scale` if there is one.
    func pack(
        _ weight: UnsafePointer<Float>, _ layout: WeightLayout, scale: UnsafePointer<Float>?,
        into packed: UnsafeMutablePointer<Float>, _ pass: Pass)

    /// Packs the weight for `inputGradient`.
    func packTransposed(
        _ weight: UnsafePointer<Float>, _ layout: WeightLayout,
        into packed: UnsafeMutablePointer<Float>, _ pass: Pass)

    /// y = x * w, tile by tile; if it `finishesTiles`, `finish` is called with each tile's rows.
    func forward(
        _ x: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ pass: Pass,
        finish: (_ tile: Int, _ rows: Range<Int>) -> Void)

    /// dx (+)= dy * transpose of w.
    func inputGradient(
        _ dy: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ dx: UnsafeMutablePointer<Float>, accumulate: Bool, _ pass: Pass)

    /// dw (+)= transpose of x * dy, in `gradient` in the weight's own layout.
    func weightGradient(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        partials: UnsafeMutablePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ layout: WeightLayout, _ pass: Pass)
}

extension ConvolutionAlgorithm {
    var rowTiles: Int { rows.parts(of: tileRows) }
}
