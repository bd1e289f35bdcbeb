import CKernels
import Tensors

extension WinogradConvolution {
    /// Tiles that a thread transforms at once.
    private static let grain = 12
    /// Input channels of a plane whose products a thread sums at once.
    private static let planeRows = 128
    /// Input and output channels of all planes: what lk_indirect_outer gathers, and half a megabyte.
    private static let pieceRows = 24
    private static let pieceColumns = 128

    private var planes: Int { shape.winogradPlanes }
    /// Whether the transformed gradient is larger than what it is made of: then it is made piece by
    /// piece, in scratch memory.
    private var goesByPieces: Bool {
        gradientBlocks.count == gradientBlocks.together
            && shape.in_channels * shape.out_channels
                > gradientBlocks.tiles * (shape.in_channels + shape.out_channels)
    }

    /// Floats from one plane to the next, of a block's transformed input, of its output's
    /// gradient, and of the transformed gradient.
    private var inputPlane: Int {
        WinogradProduct.plane(gradientBlocks.blockTiles, shape.in_channels)
    }
    private var outputPlane: Int {
        WinogradProduct.plane(gradientBlocks.blockTiles, shape.out_channels)
    }
    private var gradientPlane: Int {
        goesByPieces
            ? WinogradProduct.plane(Self.pieceRows, Self.pieceColumns)
            : WinogradProduct.plane(shape.in_channels, shape.out_channels)
    }
    private var blockFloats: Int { planes * (inputPlane + outputPlane) }

    var partialCount: Int {
        gradientBlocks.together * blockFloats + (goesByPieces ? 0 : planes * gradientPlane)
    }
    var gradientScratchBytes: Int {
        goesByPieces ? planes * gradientPlane * MemoryLayout<Float>.stride : 0
    }

    func weightGradient(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        partials: UnsafeMutablePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ layout: WeightLayout, _ pass: Pass
    ) {
        let cut = gradientBlocks
        if goesByPieces {
            transform(x, dy, 0..<cut.count, into: partials, pass)
            pieces(partials, into: gradient, accumulate, layout, pass)
            return
        }
        let sums = partials + cut.together * blockFloats
        for first in stride(from: 0, to: cut.count, by: cut.together) {
            let blocks = first..<min(first + cut.together, cut.count)
            transform(x, dy, blocks, into: partials, pass)
            sum(partials, blocks, into: sums, pass)
        }
        pass.tiles(shape.out_channels, of: LK_INDIRECT_COLUMNS) { range, _ in
            lk_winograd_unpack_gradient(
                shape.taps, sums, gradientPlane, shape.in_channels, shape.out_channels,
                range.lowerBound, range.count, layout.inputStride, layout.outputStride, gradient,
                accumulate ? 1 : 0)
        }
    }

    /// Transforms what some blocks see of x and dy.
    private func transform(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ blocks: Range<Int>,
        into transformed: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        let pieces = gradientBlocks.blockTiles.parts(of: Self.grain)
        pass.pool.run(tiles: blocks.count * pieces) { index, _ in
            let range = gradientBlocks.range(blocks.lowerBound + index / pieces)
            let piece = (index % pieces).range(of: Self.grain, in: range.count)
            if piece.isEmpty { return }
            let place = transformed + index / pieces * blockFloats
            let first = range.lowerBound + piece.lowerBound
            withUnsafePointer(to: shape) { shape in
                lk_winograd_input(
                    shape, x, pass.zeros, first, piece.count, inputPlane,
                    place + piece.lowerBound * shape.pointee.in_channels)
                lk_winograd_output_gradient(
                    shape, dy, pass.zeros, first, piece.count, range.count, outputPlane,
                    place + planes * inputPlane + piece.lowerBound * LK_INDIRECT_COLUMNS)
            }
        }
    }

    /// Adds the products of some blocks to the transformed gradient, one plane's rows at a time.
    private func sum(
        _ transformed: UnsafePointer<Float>, _ blocks: Range<Int>,
        into sums: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        let units = shape.in_channels.parts(of: Self.planeRows)
        pass.pool.run(tiles: planes * units) { index, _ in
            let (plane, unit) = (index / units, index % units)
            let rows = unit.range(of: Self.planeRows, in: shape.in_channels)
            multiply(
                transformed, blocks, plane, rows, 0..<shape.out_channels,
                into: sums + plane * gradientPlane + rows.lowerBound * shape.out_channels)
        }
    }

    /// The gradient, some input and output channels at a time.
    private func pieces(
        _ transformed: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        _ accumulate: Bool, _ layout: WeightLayout, _ pass: Pass
    ) {
        let across = shape.out_channels.parts(of: Self.pieceColumns)
        let down = shape.in_channels.parts(of: Self.pieceRows)
        pass.pool.run(tiles: down * across) { index, thread in
            let rows = (index / across).range(of: Self.pieceRows, in: shape.in_channels)
            let columns = (index % across).range(of: Self.pieceColumns, in: shape.out_channels)
            let sums = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
            for plane in 0..<planes {
                multiply(
                    transformed, 0..<gradientBlocks.count, plane, rows, columns,
                    into: sums + plane * gradientPlane)
            }
            lk_winograd_unpack_gradient(
                shape.taps, sums, gradientPlane, rows.count, columns.count, 0, columns.count,
                layout.inputStride, layout.outputStride,
                gradient + rows.lowerBound * layout.inputStride + columns.lowerBound
                    * layout.outputStride, accumulate ? 1 : 0)
        }
    }

    /// Adds what some blocks contribute to one plane of the transformed gradient; the first block of
    /// all overwrites. `sums` is (rows, columns).
    private func multiply(
        _ transformed: UnsafePointer<Float>, _ blocks: Range<Int>, _ plane: Int,
        _ rows: Range<Int>, _ columns: Range<Int>, into sums: UnsafeMutablePointer<Float>
    ) {
        for block in blocks {
            let count = gradientBlocks.range(block).count
            let place = transformed + (block - blocks.lowerBound) * blockFloats
            lk_winograd_outer(
                count, shape.in_channels, place + plane * inputPlane, rows.lowerBound, rows.count,
                place + planes * inputPlane + plane * outputPlane + columns.lowerBound * count,
                columns.count, sums, block > 0 ? 1 : 0)
        }
    }
}
