import CKernels
import Tensors

/// A way to compute the convolutions of one shape: forward, and the gradients of input and weight.
///
/// The shape of one clip decides which way is taken, so that a clip's output does not depend on the
/// clips beside it.
protocol ConvolutionAlgorithm: Sendable {
    var shape: lk_convolution { get }
    var method: OperationCost.Method { get }
    /// Output pixels of the batch.
    var rows: Int { get }
    /// Output pixels that are finished together.
    var tileRows: Int { get }
    /// Whether a tile of the way forward is all channels of tileRows pixels.
    var finishesTiles: Bool { get }

    /// Floats that `forward` needs on its way: of the packed weight, mostly.
    var packedCount: Int { get }
    /// Floats that `inputGradient` needs on its way.
    var packedTransposedCount: Int { get }
    /// Floats that `weightGradient` needs on its way.
    var partialCount: Int { get }
    /// Scratch memory of a thread.
    var scratchBytes: Int { get }

    /// y = x * w, tile by tile; if it `finishesTiles`, `finish` is called with each tile's rows.
    func forward(
        _ x: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ pass: Pass,
        finish: (_ tile: Int, _ rows: Range<Int>) -> Void)

    /// dx (+)= dy * transpose of w, of which the scale is left out.
    func inputGradient(
        _ dy: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>, accumulate: Bool,
        _ pass: Pass)

    /// dw (+)= transpose of x * dy, in `gradient` in the weight's own layout.
    func weightGradient(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        partials: UnsafeMutablePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ layout: WeightLayout, _ pass: Pass)
}

/// The weight of a convolution, and the factors of its output channels if there are any.
struct ConvolutionWeight {
    let values: UnsafePointer<Float>
    let layout: WeightLayout
    var scale: UnsafePointer<Float>?
}

extension ConvolutionAlgorithm {
    /// Of the convolution's definition, in each of the three; an algorithm may take fewer.
    var multiplyAdds: Int { rows * shape.taps * shape.in_channels * shape.out_channels }
    var rowTiles: Int { rows.parts(of: tileRows) }
}
