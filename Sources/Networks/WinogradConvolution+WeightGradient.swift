import CKernels
import Tensors

extension WinogradConvolution {
    /// Tiles that a thread transforms at once, and input channels whose products it sums.
    private static let grain = 12
    private static let rowGrain = 128

    /// Floats of a block's transformed input, and of its output's gradient.
    private var inputFloats: Int {
        planes * Self.plane(gradientBlocks.blockTiles, shape.in_channels)
    }
    private var outputFloats: Int {
        planes * Self.plane(gradientBlocks.blockTiles, shape.out_channels)
    }
    /// Floats from one plane of the transformed gradient to the next.
    private var gradientPlane: Int { Self.plane(shape.in_channels, shape.out_channels) }

    var partialCount: Int {
        planes * gradientPlane + gradientBlocks.together * (inputFloats + outputFloats)
    }

    func weightGradient(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        partials: UnsafeMutablePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ layout: WeightLayout, _ pass: Pass
    ) {
        let transformed = partials + planes * gradientPlane
        let cut = gradientBlocks
        for first in stride(from: 0, to: cut.count, by: cut.together) {
            let blocks = first..<min(first + cut.together, cut.count)
            transform(x, dy, blocks, into: transformed, pass)
            sum(transformed, blocks, into: partials, pass)
        }
        pass.tiles(shape.out_channels, of: LK_INDIRECT_COLUMNS) { range, _ in
            lk_winograd_unpack_gradient(
                shape.taps, partials, gradientPlane, shape.in_channels, shape.out_channels,
                range.lowerBound,
                range.count, layout.inputStride, layout.outputStride, gradient, accumulate ? 1 : 0)
        }
    }

    /// Transforms what some blocks see of x and dy.
    private func transform(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ blocks: Range<Int>,
        into transformed: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        let cut = gradientBlocks
        let pieces = cut.blockTiles.parts(of: Self.grain)
        pass.pool.run(tiles: blocks.count * pieces) { index, _ in
            let range = cut.range(blocks.lowerBound + index / pieces)
            let piece = (index % pieces).range(of: Self.grain, in: range.count)
            if piece.isEmpty { return }
            let place = transformed + index / pieces * (inputFloats + outputFloats)
            let first = range.lowerBound + piece.lowerBound
            withUnsafePointer(to: shape) { shape in
                lk_winograd_input(
                    shape, x, pass.zeros, first, piece.count,
                    Self.plane(cut.blockTiles, shape.pointee.in_channels),
                    place + piece.lowerBound * shape.pointee.in_channels)
                lk_winograd_output_gradient(
                    shape, dy, pass.zeros, first, piece.count, range.count,
                    Self.plane(cut.blockTiles, shape.pointee.out_channels),
                    place + inputFloats + piece.lowerBound * LK_INDIRECT_COLUMNS)
            }
        }
    }

    /// Adds the products of some blocks to the transformed gradient, one plane's rows at a time.
    private func sum(
        _ transformed: UnsafePointer<Float>, _ blocks: Range<Int>,
        into sums: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        let cut = gradientBlocks
        let units = shape.in_channels.parts(of: Self.rowGrain)
        pass.pool.run(tiles: planes * units) { index, _ in
            let (plane, unit) = (index / units, index % units)
            let rows = unit.range(of: Self.rowGrain, in: shape.in_channels)
            for block in blocks {
                let place =
                    transformed + (block - blocks.lowerBound) * (inputFloats + outputFloats)
                lk_winograd_outer(
                    cut.range(block).count, shape.in_channels,
                    place + plane * Self.plane(cut.blockTiles, shape.in_channels),
                    rows.lowerBound, rows.count,
                    place + inputFloats + plane * Self.plane(cut.blockTiles, shape.out_channels),
                    shape.out_channels,
                    sums + plane * gradientPlane + rows.lowerBound * shape.out_channels,
                    block > 0 ? 1 : 0)
            }
        }
    }
}
