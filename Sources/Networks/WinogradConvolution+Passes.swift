import CKernels
import Tensors

extension WinogradConvolution {
    func pack(
        _ weight: UnsafePointer<Float>, _ layout: WeightLayout, scale: UnsafePointer<Float>?,
        into packed: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        pass.tiles(shape.out_channels, of: LK_INDIRECT_COLUMNS) { range, _ in
            lk_winograd_pack_weight(
                shape.taps, shape.in_channels, range.count,
                weight + range.lowerBound * layout.outputStride, 1,
                layout.inputStride, layout.outputStride, scale.map { $0 + range.lowerBound },
                shape.in_channels * shape.out_channels,
                packed + range.lowerBound * shape.in_channels)
        }
    }

    func packTransposed(
        _ weight: UnsafePointer<Float>, _ layout: WeightLayout,
        into packed: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        // On the way back the taps come in reverse order.
        pass.tiles(shape.in_channels, of: LK_INDIRECT_COLUMNS) { range, _ in
            lk_winograd_pack_weight(
                shape.taps, shape.out_channels, range.count,
                weight + shape.taps - 1 + range.lowerBound * layout.inputStride, -1,
                layout.outputStride,
                layout.inputStride, nil, shape.in_channels * shape.out_channels,
                packed + range.lowerBound * shape.out_channels)
        }
    }

    func forward(
        _ x: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ pass: Pass,
        finish: (_ tile: Int, _ rows: Range<Int>) -> Void
    ) {
        let across = columnTiles
        pass.pool.run(tiles: forwardCut.rowTiles * across) { tile, thread in
            let columns = (tile % across).range(of: forwardCut.columns, in: shape.out_channels)
            Self.multiply(
                shape, forwardCut, tile: tile / across, columns, x, packed, y, accumulate: false,
                pass, thread)
            if finishesTiles { finish(tile, tile.range(of: tileRows, in: rows)) }
        }
    }

    func inputGradient(
        _ dy: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ dx: UnsafeMutablePointer<Float>, accumulate: Bool, _ pass: Pass
    ) {
        let across = shape.in_channels.parts(of: backwardCut.columns)
        pass.pool.run(tiles: backwardCut.rowTiles * across) { tile, thread in
            Self.multiply(
                back, backwardCut, tile: tile / across,
                (tile % across).range(of: backwardCut.columns, in: shape.in_channels), dy, packed,
                dx, accumulate: accumulate, pass, thread)
        }
    }

    /// Some channels of a tile of `cut`; `x` and `y` are the first pixels of the batch.
    private static func multiply(
        _ shape: lk_convolution, _ cut: Cut, tile: Int, _ columns: Range<Int>,
        _ x: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, accumulate: Bool, _ pass: Pass, _ thread: Int
    ) {
        let bands = tile.range(of: cut.bandsPerTile, in: cut.bands)
        let count = bands.count * cut.bandTiles
        let block = count.parts(of: count.parts(of: mostTiles))
        let channels = shape.in_channels
        let seen = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
        let planes = lk_winograd_planes(shape.taps)
        let products = seen + planes * plane(mostTiles, channels)
        for start in stride(from: 0, to: count, by: block) {
            let some = min(block, count - start)
            let first = bands.lowerBound * cut.bandTiles + start
            let (from, to) = (plane(some, channels), plane(some, columns.count))
            withUnsafePointer(to: shape) { shape in
                lk_winograd_input(shape, x, pass.zeros, first, some, from, seen)
                lk_winograd_multiply(
                    planes, some, channels, seen, from, packed,
                    channels * shape.pointee.out_channels,
                    columns.lowerBound, columns.count, products, to)
                lk_winograd_output(
                    shape, products, to, first, some, columns.lowerBound, columns.count, y,
                    accumulate ? 1 : 0)
            }
        }
    }
}
