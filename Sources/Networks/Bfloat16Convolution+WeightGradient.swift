import CKernels
import Tensors

extension Bfloat16Convolution {
    /// Floats of the partial gradients, and behind them of the output's gradient in panels.
    var partialCount: Int {
        partialFloats
            + Self.floats(rows.roundedUp(to: 2) * Self.width(shape.out_channels))
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
        pass.tiles(rows, of: LK_BF16_PIXELS) { range, _ in
            lk_bf16_pack_pairs(
                range.count, shape.out_channels, dy + range.lowerBound * shape.out_channels,
                packed + range.lowerBound * width)
        }
        let tiles = units.parts(of: cut.unitsPerTile)
        pass.pool.run(tiles: cut.parts * tiles) { tile, thread in
            let part = tile / tiles
            gradientTile(
                x, packed, units: (tile % tiles).range(of: cut.unitsPerTile, in: units),
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
        _ x: UnsafePointer<Float>, _ packed: UnsafePointer<lk_bf16>, units: Range<Int>,
        rows: Range<Int>, into partial: UnsafeMutablePointer<Float>, zeros: UnsafePointer<Float>,
        scratch: UnsafeMutableRawPointer
    ) {
        let cut = gradientTiles
        let pixels = scratch.assumingMemoryBound(to: UnsafePointer<Float>?.self)
        let rest =
            scratch + LK_BF16_PIXELS.roundedUp(to: LK_INDIRECT_ROWS)
            * MemoryLayout<UnsafePointer<Float>>.stride
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: LK_BF16_PIXELS) {
            let some = first..<min(first + LK_BF16_PIXELS, rows.upperBound)
            var current = -1
            for unit in units {
                let tap = unit / cut.unitsPerTap
                if tap != current {
                    var window = indirect.singleTap(tap)
                    lk_indirect_table(&window, x, zeros, first, some.count, pixels)
                    current = tap
                }
                let channels = (unit % cut.unitsPerTap).range(
                    of: cut.channels, in: shape.in_channels)
                let place = tap * shape.in_channels + channels.lowerBound
                lk_bf16_outer(
                    some.count, pixels, channels.lowerBound, channels.count,
                    packed + first * Self.width(shape.out_channels), shape.out_channels,
                    partial + place * shape.out_channels, first > rows.lowerBound ? 1 : 0, rest)
            }
        }
    }
}
