import CKernels
import Tensors

extension Bfloat16Convolution {
    var finishesTiles: Bool { columnTiles == 1 }
    private var columnTiles: Int { shape.out_channels.parts(of: tileColumns) }

    func forward(
        _ x: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ pass: Pass,
        finish: (_ tile: Int, _ rows: Range<Int>) -> Void
    ) {
        let packed = packed.bfloat16
        pass.tiles(shape.out_channels, of: LK_BF16_COLUMNS) { range, _ in
            lk_bf16_pack_weight(
                taps, shape.in_channels, range.count,
                weight.values + range.lowerBound * weight.layout.outputStride,
                weight.layout.inputStride, weight.layout.outputStride,
                weight.scale.map { $0 + range.lowerBound }, packed + range.lowerBound * depth)
        }
        pass.pool.run(tiles: rowTiles * columnTiles) { tile, thread in
            let rows = (tile / columnTiles).range(of: tileRows, in: rows)
            let columns = (tile % columnTiles).range(of: tileColumns, in: shape.out_channels)
            let table = PixelTable(pass.scratch(of: thread), taps: taps)
            withUnsafePointer(to: shape) {
                lk_indirect_table($0, x, pass.zeros, rows.lowerBound, rows.count, table.pixels)
            }
            table.setRows(
                y + rows.lowerBound * shape.out_channels, stride: shape.out_channels,
                count: rows.count)
            lk_bf16_multiply(
                rows.count, taps, shape.in_channels, table.pixels, indirect.offsets, packed, depth,
                columns.lowerBound, columns.count, table.rows, 0, table.rest)
            if finishesTiles { finish(tile, rows) }
        }
    }

    func inputGradient(
        _ dy: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>, accumulate: Bool,
        _ pass: Pass
    ) {
        let packed = packed.bfloat16
        let layout = weight.layout
        pass.tiles(shape.in_channels, of: LK_BF16_COLUMNS) { range, _ in
            lk_bf16_pack_weight(
                taps, shape.out_channels, range.count,
                weight.values + range.lowerBound * layout.inputStride, layout.outputStride,
                layout.inputStride, nil, packed + range.lowerBound * taps * shape.out_channels)
        }
        for residue in indirect.residues {
            let (tile, wide) = Self.tiles(rows: residue.rows, columns: shape.in_channels)
            let across = shape.in_channels.parts(of: wide)
            pass.pool.run(tiles: residue.rows.parts(of: tile) * across) { index, thread in
                transposedMultiply(
                    residue, dy, packed, (index / across).range(of: tile, in: residue.rows),
                    (index % across).range(of: wide, in: shape.in_channels), dx,
                    accumulate: accumulate, zeros: pass.zeros, scratch: pass.scratch(of: thread))
            }
        }
    }

    /// One tile of the gradient of the input.
    private func transposedMultiply(
        _ residue: TiledConvolution.Residue, _ dy: UnsafePointer<Float>,
        _ packed: UnsafePointer<lk_bf16>, _ rows: Range<Int>, _ columns: Range<Int>,
        _ dx: UnsafeMutablePointer<Float>, accumulate: Bool, zeros: UnsafePointer<Float>,
        scratch: UnsafeMutableRawPointer
    ) {
        let table = indirect.transposedTable(
            of: residue, dy, rows, dx, zeros: zeros, scratch: scratch)
        if residue.taps.isEmpty {
            if !accumulate { table.clearRows(rows.count, columns: columns) }
            return
        }
        lk_bf16_multiply(
            rows.count, residue.taps.count, shape.out_channels, table.pixels, residue.offsets,
            packed, taps * shape.out_channels, columns.lowerBound, columns.count, table.rows,
            accumulate ? 1 : 0, table.rest)
    }
}
