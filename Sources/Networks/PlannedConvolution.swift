import CKernels
import Tensors

/// A convolution. In training its tiles also sum up batch norm's statistics; in evaluation, batch
/// norm is folded into the weight, and shift, residual and ReLU are applied to each tile while it
/// is in the cache.
struct PlannedConvolution: PlannedOperation {
    /// Statistics of the output, per tile of `convolution`: doubles (tiles, channels).
    struct Statistics: Sendable {
        let means: BufferID
        let squares: BufferID
    }

    /// What evaluation applies to the output.
    struct Folded: Sendable {
        let normalization: NormalizationTensors
        let scale: BufferID
        let shift: BufferID
        let residual: BufferID?
        let relu: Bool
    }

    let name: String
    let convolution: any ConvolutionAlgorithm
    let weight: PlannedWeight
    let layout: WeightLayout
    let x: BufferID
    let y: BufferID
    let packed: BufferID
    let statistics: Statistics?
    let folded: Folded?
    let backward: Backward?

    struct Backward: Sendable {
        /// The input once more, for the gradient of the weight: kept, or made anew.
        let x: BufferID?
        let dy: BufferID
        /// Nil where the weight is frozen.
        let partials: BufferID?
        let packedTransposed: BufferID?
        let dx: GradientTarget?
    }

    var scratchBytes: Int { convolution.scratchBytes }

    var forwardBuffers: [BufferID] {
        [x, y, packed] + weight.forwardBuffers
            + [
                statistics?.means, statistics?.squares, folded?.scale, folded?.shift,
                folded?.residual,
            ].compactMap(\.self)
    }

    var backwardBuffers: [BufferID] {
        guard let backward else { return [] }
        return [backward.dy] + weight.backwardBuffers
            + [
                backward.x, backward.partials, backward.packedTransposed, backward.dx?.buffer,
            ].compactMap(\.self)
    }

    func forward(_ pass: Pass) {
        var scale: UnsafePointer<Float>?
        if let folded {
            let place = pass[folded.scale]
            folded.normalization.foldRunning(scale: place, shift: pass[folded.shift], pass)
            scale = UnsafePointer(place)
        }
        convolution.forward(
            pass[x],
            ConvolutionWeight(values: weight.forward(pass), layout: layout, scale: scale),
            packed: pass[packed], pass[y], pass
        ) { tile, rows in complete(tile, rows, pass) }
        if !convolution.finishesTiles {
            // What follows takes a pass of its own over few pixels at a time.
            pass.tiles(convolution.rows, of: convolution.tileRows) { rows, _ in
                complete(rows.lowerBound / convolution.tileRows, rows, pass)
            }
        }
    }

    /// What follows the products, for all channels of a tile's rows.
    private func complete(_ tile: Int, _ rows: Range<Int>, _ pass: Pass) {
        let channels = convolution.shape.out_channels
        let first = pass[y] + rows.lowerBound * channels
        if let folded {
            finish(folded, first, rows, pass)
        } else if let statistics {
            lk_batchnorm_statistics(
                rows.count, channels, first, pass.doubles(statistics.means) + tile * channels,
                pass.doubles(statistics.squares) + tile * channels)
        }
    }

    private func finish(
        _ folded: Folded, _ first: UnsafeMutablePointer<Float>, _ rows: Range<Int>, _ pass: Pass
    ) {
        let channels = convolution.shape.out_channels
        let residual = folded.residual.map { pass[$0] + rows.lowerBound * channels }
        lk_batchnorm_apply(
            rows.count, channels, first, pass[folded.scale] + channels, pass[folded.shift],
            residual, folded.relu ? 1 : 0, first)
    }

    func backward(_ pass: Pass) {
        guard let backward else { return }
        if let dx = backward.dx, let packed = backward.packedTransposed {
            convolution.inputGradient(
                pass[backward.dy],
                ConvolutionWeight(values: weight.backward(pass), layout: layout),
                packed: pass[packed], pass[dx.buffer], accumulate: dx.accumulates, pass)
            pass.middle?.pointee = .now
        }
        guard let partials = backward.partials, let x = backward.x else { return }
        let (gradient, accumulates) = weight.gradient(pass)
        convolution.weightGradient(
            pass[x], pass[backward.dy], partials: pass[partials], into: gradient,
            accumulate: accumulates, layout, pass)
        weight.distributeGradient(pass)
    }
}
