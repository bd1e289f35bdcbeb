import CKernels
import Tensors

extension Bfloat16Convolution {
    /// Floats of the partial gradients, and behind them of the output's gradient in panels.
    var partialCount: Int {
        partialFloats
            + (packsOnce
                ? Self.floats(rows.roundedUp(to: 2) * Self.width(shape.out_channels)) : 0)
    }

    /// Whether several tiles read one part of the output's gradient: it is packed for all of them.
    private var packsOnce: Bool { unitTiles > 1 }
    private var unitTiles: Int { units.parts(of: gradientTiles.unitsPerTile) }

    /// Bytes of a table of pixels, a block of the input, and the output's gradient in panels.
    var gradientScratchBytes: Int {
        tableBytes + Int(LK_BF16_SCRATCH)
            + (packsOnce
                ? 0
                : LK_BF16_PIXELS * Self.width(shape.out_channels)
                    * MemoryLayout<lk_bf16>.stride)
    }
    private var tableBytes: Int {
        lk_indirect_padded(LK_BF16_PIXELS) * MemoryLayout<UnsafePointer<Float>>.stride
    }

    private var partialFloats: Int { gradientTiles.parts * depth * shape.out_channels }
    private var units: Int { taps * gradientTiles.unitsPerTap }

    func weightGradient(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        partials: UnsafeMutablePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ layout: WeightLayout, _ pass: Pass
    ) {
        let cut = gradientTiles
        let width = Self.width(shape.out_channels)
        let packed = (partials + partialFloats).bfloat16
        if packsOnce {
            pass.tiles(rows, of: LK_BF16_PIXELS) { range, _ in
                lk_bf16_pack_pairs(
                    range.count, shape.out_channels, dy + range.lowerBound * shape.out_channels,
                    packed + range.lowerBound * width)
            }
        }
        let tiles = unitTiles
        pass.pool.run(tiles: cut.parts * tiles) { tile, thread in
            let part = tile / tiles
            gradientTile(
                x, dy, packed: packsOnce ? packed : nil,
                units: (tile % tiles).range(of: cut.unitsPerTile, in: units),
                rows: part.range(of: cut.partRows, in: rows),
                into: partials + part * depth * shape.out_channels, zeros: pass.zeros,
                scratch: pass.scratch(of: thread))
        }
        pass.tiles(shape.out_channels, of: LK_INDIRECT_COLUMNS) { range, _ in
            lk_indirect_unpack_gradient(
                cut.parts, partials, depth * shape.out_channels, taps, shape.in_channels,
                shape.out_channels, range.lowerBound, range.count, layout.inputStride,
                layout.outputStride, gradient, accumulate ? 1 : 0)
        }
    }

    private func gradientTile(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, packed: UnsafePointer<lk_bf16>?,
        units: Range<Int>, rows: Range<Int>, into partial: UnsafeMutablePointer<Float>,
        zeros: UnsafePointer<Float>, scratch: UnsafeMutableRawPointer
    ) {
        let pixels = scratch.assumingMemoryBound(to: UnsafePointer<Float>?.self)
        let block = scratch + tableBytes
        let own = (block + Int(LK_BF16_SCRATCH)).assumingMemoryBound(to: lk_bf16.self)
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: LK_BF16_PIXELS) {
            let some = first..<min(first + LK_BF16_PIXELS, rows.upperBound)
            if packed == nil {
                lk_bf16_pack_pairs(
                    some.count, shape.out_channels, dy + first * shape.out_channels, own)
            }
            let panels =
                packed.map { $0 + first * Self.width(shape.out_channels) } ?? UnsafePointer(own)
            indirect.forEach(units, of: gradientTiles, x, some, zeros: zeros, into: pixels) {
                channels, place in
                lk_bf16_outer(
                    some.count, pixels, channels.lowerBound, channels.count, panels,
                    shape.out_channels, partial + place * shape.out_channels,
                    first > rows.lowerBound ? 1 : 0, block)
            }
        }
    }
}
