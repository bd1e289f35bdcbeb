import CKernels
import Tensors

extension TiledConvolution {
    /// Floats of the partial gradients, and behind them of the output's gradient in panels.
    var partialCount: Int {
        gradientTiles.parts * depth * shape.out_channels
            + (packsOnce ? rows * width : 0)
    }

    /// Whether several tiles read one part of the output's gradient: it is packed for all of them.
    private var packsOnce: Bool { !direct && unitTiles > 1 }
    /// Floats of a packed row.
    private var width: Int { shape.out_channels.roundedUp(to: LK_INDIRECT_COLUMNS) }
    private var units: Int { taps * gradientTiles.unitsPerTap }
    private var unitTiles: Int { units.parts(of: gradientTiles.unitsPerTile) }

    func weightGradient(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        partials: UnsafeMutablePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        accumulate: Bool = false, _ layout: WeightLayout, _ pass: Pass
    ) {
        let cut = gradientTiles
        let tiles = unitTiles
        let packed = partials + cut.parts * depth * shape.out_channels
        if packsOnce {
            pass.tiles(rows, of: Self.mostRows) { range, _ in
                lk_indirect_pack(
                    range.count, shape.out_channels, dy + range.lowerBound * shape.out_channels,
                    packed + range.lowerBound * width)
            }
        }
        pass.pool.run(tiles: cut.parts * tiles) { tile, thread in
            let part = tile / tiles
            let rows = part.range(of: cut.partRows, in: rows)
            let partial = partials + part * depth * shape.out_channels
            if direct {
                directGradientTile(
                    x, dy, rows: rows, into: partial, scratch: pass.scratch(of: thread))
                return
            }
            gradientTile(
                x, dy, packed: packsOnce ? packed : nil,
                units: (tile % tiles).range(of: cut.unitsPerTile, in: units), rows: rows,
                into: partial, zeros: pass.zeros, scratch: pass.scratch(of: thread))
        }
        pass.tiles(shape.out_channels, of: LK_INDIRECT_COLUMNS) { range, _ in
            lk_indirect_unpack_gradient(
                cut.parts, partials, depth * shape.out_channels, taps, shape.in_channels,
                shape.out_channels, range.lowerBound, range.count, layout.inputStride,
                layout.outputStride, gradient, accumulate ? 1 : 0)
        }
    }

    private func gradientTile(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, packed: UnsafePointer<Float>?,
        units: Range<Int>, rows: Range<Int>, into partial: UnsafeMutablePointer<Float>,
        zeros: UnsafePointer<Float>, scratch: UnsafeMutableRawPointer
    ) {
        let table = PixelTable(scratch, taps: taps)
        let cut = gradientTiles
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.mostRows) {
            let some = first..<min(first + Self.mostRows, rows.upperBound)
            if packed == nil {
                lk_indirect_pack(
                    some.count, shape.out_channels, dy + first * shape.out_channels, table.rest)
            }
            let panels = packed.map { $0 + first * width } ?? UnsafePointer(table.rest)
            forEach(units, of: cut, x, some, zeros: zeros, into: table.pixels) { channels, place in
                lk_indirect_outer(
                    some.count, table.pixels, channels.lowerBound, channels.count, panels,
                    shape.out_channels, partial + place * shape.out_channels,
                    first > rows.lowerBound ? 1 : 0)
            }
        }
    }

    /// Calls `body` for each of some units of the gradient of the weight, with the unit's channels and the place of the
    /// first of them among (taps, in); `pixels` then are those of the input that the unit's tap meets in some rows.
    func forEach(
        _ units: Range<Int>, of cut: GradientTiles, _ x: UnsafePointer<Float>, _ rows: Range<Int>,
        zeros: UnsafePointer<Float>, into pixels: UnsafeMutablePointer<UnsafePointer<Float>?>,
        _ body: (_ channels: Range<Int>, _ place: Int) -> Void
    ) {
        var current = -1
        for unit in units {
            let tap = unit / cut.unitsPerTap
            if tap != current {
                var window = singleTap(tap)
                lk_indirect_table(&window, x, zeros, rows.lowerBound, rows.count, pixels)
                current = tap
            }
            let channels = (unit % cut.unitsPerTap).range(of: cut.channels, in: shape.in_channels)
            body(channels, tap * shape.in_channels + channels.lowerBound)
        }
    }

    /// The convolution with one of its taps alone.
    private func singleTap(_ tap: Int) -> lk_convolution {
        var single = shape
        single.pad_width -= tap % shape.kernel_width
        single.pad_height -= tap / shape.kernel_width % shape.kernel_height
        single.pad_time -= tap / (shape.kernel_width * shape.kernel_height)
        single.kernel_time = 1
        single.kernel_height = 1
        single.kernel_width = 1
        return single
    }
}
