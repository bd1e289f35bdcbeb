import CKernels
import Tensors

extension TiledConvolution {
    func forward(
        _ x: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ pass: Pass,
        finish: (_ tile: Int, _ rows: Range<Int>) -> Void
    ) {
        pack(weight.values, weight.layout, scale: weight.scale, into: packed, pass)
        forward(x, packed, y, pass, finish: finish)
    }

    func inputGradient(
        _ dy: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>, accumulate: Bool,
        _ pass: Pass
    ) {
        packTransposed(weight.values, weight.layout, into: packed, pass)
        inputGradient(dy, packed, dx, accumulate: accumulate, pass)
    }

    /// Packs the weight for `forward`, each output channel times its `scale` if there is one.
    func pack(
        _ weight: UnsafePointer<Float>, _ layout: WeightLayout,
        scale: UnsafePointer<Float>? = nil, into packed: UnsafeMutablePointer<Float>,
        _ pass: Pass
    ) {
        pass.tiles(shape.out_channels, of: 16) { range, _ in
            lk_indirect_pack_weight(
                taps, shape.in_channels, range.count,
                weight + range.lowerBound * layout.outputStride, 1, layout.inputStride,
                layout.outputStride, scale.map { $0 + range.lowerBound },
                packed + range.lowerBound * depth)
        }
    }

    /// Packs the weight for `inputGradient`.
    func packTransposed(
        _ weight: UnsafePointer<Float>, _ layout: WeightLayout,
        into packed: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        // The direct kernel meets the taps in reverse order.
        let (first, step) = flipped == nil ? (0, 1) : (taps - 1, -1)
        pass.tiles(shape.in_channels, of: 16) { range, _ in
            lk_indirect_pack_weight(
                taps, shape.out_channels, range.count,
                weight + first + range.lowerBound * layout.inputStride, step, layout.outputStride,
                layout.inputStride, nil,
                packed + range.lowerBound * taps * shape.out_channels)
        }
    }

    /// Where a tile holds but some channels, there are few pixels.
    var finishesTiles: Bool { columnTiles == 1 }
    private var columnTiles: Int { shape.out_channels.parts(of: tileColumns) }

    func forward(
        _ x: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ pass: Pass,
        finish: (_ tile: Int, _ rows: Range<Int>) -> Void
    ) {
        pass.pool.run(tiles: rowTiles * columnTiles) { tile, thread in
            let rows = (tile / columnTiles).range(of: tileRows, in: rows)
            let columns = (tile % columnTiles).range(of: tileColumns, in: shape.out_channels)
            multiply(
                x, packed, rows, columns, y + rows.lowerBound * shape.out_channels,
                accumulate: false, zeros: pass.zeros, scratch: pass.scratch(of: thread))
            if finishesTiles { finish(tile, rows) }
        }
    }

    /// One tile of the way forward; `y` is the first of its rows.
    func multiply(
        _ x: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ rows: Range<Int>, _ columns: Range<Int>,
        _ y: UnsafeMutablePointer<Float>, accumulate: Bool, zeros: UnsafePointer<Float>,
        scratch: UnsafeMutableRawPointer
    ) {
        if direct {
            Self.directMultiply(
                shape, x, packed, rows, y, accumulate: accumulate, scratch: scratch)
            return
        }
        let table = PixelTable(scratch, taps: taps)
        withUnsafePointer(to: shape) {
            lk_indirect_table($0, x, zeros, rows.lowerBound, rows.count, table.pixels)
        }
        table.setRows(y, stride: shape.out_channels, count: rows.count)
        lk_indirect_multiply(
            rows.count, taps, shape.in_channels, table.pixels, offsets, packed, depth,
            columns.lowerBound, columns.count, table.rows, accumulate ? 1 : 0)
    }

    /// dx (+)= dy * transpose of w.
    func inputGradient(
        _ dy: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ dx: UnsafeMutablePointer<Float>, accumulate: Bool, _ pass: Pass
    ) {
        if let flipped {
            let pixels =
                rows / (shape.out_time * shape.out_height * shape.out_width)
                * (shape.in_time * shape.in_height * shape.in_width)
            pass.tiles(pixels, of: flipped.directTileRows(of: pixels)) { rows, thread in
                Self.directMultiply(
                    flipped, dy, packed, rows, dx + rows.lowerBound * shape.in_channels,
                    accumulate: accumulate, scratch: pass.scratch(of: thread))
            }
            return
        }
        for residue in residues {
            let (tile, wide) = Self.tiles(rows: residue.rows, columns: shape.in_channels)
            let across = shape.in_channels.parts(of: wide)
            pass.pool.run(tiles: residue.rows.parts(of: tile) * across) { index, thread in
                let rows = (index / across).range(of: tile, in: residue.rows)
                let columns = (index % across).range(of: wide, in: shape.in_channels)
                transposedMultiply(
                    residue, dy, packed, rows, columns, dx, accumulate: accumulate,
                    zeros: pass.zeros, scratch: pass.scratch(of: thread))
            }
        }
    }

    /// One tile of the gradient of the input.
    func transposedMultiply(
        _ residue: Residue, _ dy: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ rows: Range<Int>, _ columns: Range<Int>, _ dx: UnsafeMutablePointer<Float>,
        accumulate: Bool, zeros: UnsafePointer<Float>, scratch: UnsafeMutableRawPointer
    ) {
        if let flipped {
            Self.directMultiply(
                flipped, dy, packed, rows, dx + rows.lowerBound * shape.in_channels,
                accumulate: accumulate, scratch: scratch)
            return
        }
        let table = transposedTable(of: residue, dy, rows, dx, zeros: zeros, scratch: scratch)
        if residue.taps.isEmpty {
            if !accumulate { table.clearRows(rows.count, columns: columns) }
            return
        }
        lk_indirect_multiply(
            rows.count, residue.taps.count, shape.out_channels, table.pixels, residue.offsets,
            packed, taps * shape.out_channels, columns.lowerBound, columns.count, table.rows,
            accumulate ? 1 : 0)
    }

    /// The pixels of the output that some rows of a residue meet on the way back, and where these rows lie in `dx`.
    func transposedTable(
        of residue: Residue, _ dy: UnsafePointer<Float>, _ rows: Range<Int>,
        _ dx: UnsafeMutablePointer<Float>, zeros: UnsafePointer<Float>,
        scratch: UnsafeMutableRawPointer
    ) -> PixelTable {
        let table = PixelTable(scratch, taps: taps)
        withUnsafePointer(to: shape) { shape in
            lk_indirect_transposed_table(
                shape, dy, zeros, residue.residue, residue.taps, residue.taps.count,
                rows.lowerBound, rows.count, dx, table.pixels, table.rows)
        }
        return table
    }
}

extension Int {
    /// The `self`-th range of `size` items of `count`; the last may be shorter.
    func range(of size: Int, in count: Int) -> Range<Int> {
        Swift.min(self * size, count)..<Swift.min((self + 1) * size, count)
    }
}
