import CKernels
import Tensors

/// A convolution by 1 x 3 x 3 or 3 x 1 x 1 in the transformed domain (winograd.h): a fourth or half of
/// the products of the direct form, at about twice its rounding error.
struct WinogradConvolution: ConvolutionAlgorithm {
    let shape: lk_convolution
    let rows: Int
    let tileRows: Int
    let output: WinogradProduct
    let inputGradient: WinogradProduct
    let gradientBlocks: GradientBlocks

    /// The gradient of the weight sums over blocks of tiles, some blocks at a time.
    struct GradientBlocks: Sendable {
        let tiles: Int
        let blockTiles: Int
        let together: Int
        var count: Int { tiles.parts(of: blockTiles) }

        func range(_ block: Int) -> Range<Int> { block.range(of: blockTiles, in: tiles) }
    }

    /// Nil where the shape is none for this, or where it would not be the faster way.
    init?(_ shape: lk_convolution, clips: Int) {
        guard shape.suitsWinograd, let back = shape.flipped else { return nil }
        self.shape = shape
        rows = clips * shape.out_time * shape.out_height * shape.out_width
        output = WinogradProduct(shape, clips: clips)
        inputGradient = WinogradProduct(back, clips: clips)
        gradientBlocks = GradientBlocks(shape, clips: clips)
        tileRows =
            shape.kernel_time > 1 || output.streamsWeight
            ? TiledConvolution.tiles(rows: rows, columns: shape.out_channels).rows
            : rows / (output.tiles / output.bandTiles) * output.bandsPerTile
    }

    var method: OperationCost.Method { .winograd }
    var finishesTiles: Bool {
        shape.kernel_time == 1 && !output.streamsWeight && output.columnTiles == 1
    }
    var packedCount: Int { output.packedCount }
    var packedTransposedCount: Int { inputGradient.packedCount }
    var scratchBytes: Int {
        max(output.scratchBytes, inputGradient.scratchBytes, gradientScratchBytes)
    }

    func forward(
        _ x: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ pass: Pass,
        finish: (_ tile: Int, _ rows: Range<Int>) -> Void
    ) {
        let seen = WinogradProduct.Weight(
            values: weight.values, isReversed: false, inputStride: weight.layout.inputStride,
            outputStride: weight.layout.outputStride, scale: weight.scale)
        output.run(x, seen, packed: packed, y, accumulate: false, pass) { tile, _ in
            if finishesTiles { finish(tile, tile.range(of: tileRows, in: rows)) }
        }
    }

    func inputGradient(
        _ dy: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>, accumulate: Bool,
        _ pass: Pass
    ) {
        // On the way back the taps come in reverse order.
        let seen = WinogradProduct.Weight(
            values: weight.values, isReversed: true,
            inputStride: weight.layout.outputStride, outputStride: weight.layout.inputStride,
            scale: nil)
        inputGradient.run(dy, seen, packed: packed, dx, accumulate: accumulate, pass)
    }
}

extension WinogradConvolution.GradientBlocks {
    init(_ shape: lk_convolution, clips: Int) {
        tiles = clips * shape.winogradTiles
        blockTiles = tiles.parts(of: tiles.parts(of: LK_INDIRECT_PIXELS))
        // Some 8 MB, which the third-level cache keeps between the two steps.
        let floats =
            shape.winogradPlanes * blockTiles * (shape.in_channels + shape.out_channels)
        together = min(tiles.parts(of: blockTiles), max(1, 2_097_152 / floats))
    }
}

extension lk_convolution {
    /// Of one clip.
    var winogradTiles: Int { withUnsafePointer(to: self) { lk_winograd_tiles($0) } }
    var winogradPlanes: Int { lk_winograd_planes(taps) }

    /// Whether this is the faster way: enough channels, tiles that mostly lie in the map, and
    /// enough of them for a weight that is several times as large.
    var suitsWinograd: Bool {
        guard stride_time * stride_height * stride_width == 1,
            in_channels % LK_INDIRECT_COLUMNS == 0, out_channels % LK_INDIRECT_COLUMNS == 0,
            min(in_channels, out_channels) >= 32
        else { return false }
        let pixels = min(
            in_time * in_height * in_width, out_time * out_height * out_width)
        let side = LK_WINOGRAD_TILE
        switch (kernel_time, kernel_height, kernel_width) {
        case (1, 3, 3):
            return pad_time == 0 && winogradTiles >= 4
                && 2 * pixels >= winogradTiles * side * side
        case (3, 1, 1):
            return pad_height == 0 && pad_width == 0 && winogradTiles >= 32
                && 4 * pixels >= 3 * winogradTiles * side
        default: return false
        }
    }
}
