import CKernels
import Tensors

/// A convolution of many channels whose products are of bf16 and whose sums are float (bf16.h): inputs, gradients and
/// weights are rounded as they are gathered and packed, results are float.
struct Bfloat16Convolution: ConvolutionAlgorithm {
    /// Rows of a tile that has all columns.
    private static let leastRows = 6 * LK_BF16_ROWS

    /// The same convolution in float: how pixels are numbered, and which meet on the way back.
    let indirect: TiledConvolution
    let tileRows: Int
    let tileColumns: Int
    let gradientTiles: TiledConvolution.GradientTiles

    /// Nil where the shape is none for this.
    init?(_ shape: lk_convolution, clips: Int) {
        guard shape.suitsBfloat16Products else { return nil }
        indirect = TiledConvolution(shape, clips: clips)
        (tileRows, tileColumns) = Self.tiles(rows: indirect.rows, columns: shape.out_channels)
        gradientTiles = Self.gradientTiles(of: shape, rows: indirect.rows)
    }

    var shape: lk_convolution { indirect.shape }
    var method: OperationCost.Method { .bfloat16 }
    var rows: Int { indirect.rows }
    var taps: Int { indirect.taps }
    var depth: Int { indirect.depth }

    var packedCount: Int { Self.floats(depth * Self.width(shape.out_channels)) }
    var packedTransposedCount: Int {
        Self.floats(taps * shape.out_channels * Self.width(shape.in_channels))
    }
    var scratchBytes: Int {
        let padded = lk_indirect_padded(TiledConvolution.mostRows)
        let pointers = (taps + 1) * padded * MemoryLayout<UnsafePointer<Float>>.stride
        return max(pointers + Int(LK_BF16_SCRATCH), gradientScratchBytes)
    }

    /// Columns of a packed matrix.
    static func width(_ columns: Int) -> Int { columns.roundedUp(to: LK_BF16_COLUMNS) }
    /// Floats that take as much memory as so many values of bf16.
    static func floats(_ count: Int) -> Int { count.parts(of: 2) }

    /// As of `TiledConvolution`; where there are few rows, a tile has all of them and some columns, so that a large
    /// weight is read but once or twice.
    static func tiles(rows: Int, columns: Int) -> (rows: Int, columns: Int) {
        let tile = min(LK_BF16_TILE, rows.parts(of: 8).roundedUp(to: LK_BF16_ROWS))
        if tile >= leastRows { return (tile, columns) }
        let few = min(LK_BF16_TILE, rows.roundedUp(to: LK_BF16_ROWS))
        let groups = max(1, min(8 / rows.parts(of: few), columns / 64))
        return (few, width(columns.parts(of: groups)))
    }

    private static func gradientTiles(
        of shape: lk_convolution, rows: Int
    ) -> TiledConvolution.GradientTiles {
        let perTap = shape.in_channels.parts(of: LK_BF16_CHANNELS)
        let channels = shape.in_channels.parts(of: perTap).roundedUp(to: 16)
        let unitsPerTile = max(1, min(shape.taps * perTap, 192 / channels))
        let tiles = (shape.taps * perTap).parts(of: unitsPerTile)
        let parts = max(1, min(8, 32 / tiles, rows / LK_BF16_PIXELS))
        let partRows = rows.parts(of: parts).roundedUp(to: LK_BF16_PIXELS)
        return TiledConvolution.GradientTiles(
            parts: rows.parts(of: partRows), partRows: partRows, channels: channels,
            unitsPerTap: perTap, unitsPerTile: unitsPerTile)
    }
}

extension lk_convolution {
    /// Whether its matrices are whole vectors of bf16, and large enough for packing to pay, or it is a stem with
    /// kernels of its own.
    var suitsBfloat16: Bool { suitsBfloat16Products || suitsBfloat16Stem }

    var suitsBfloat16Products: Bool {
        in_channels % 16 == 0 && out_channels % 16 == 0 && max(in_channels, out_channels) >= 32
            && taps <= LK_BF16_TAPS
    }
}

extension UnsafeMutablePointer<Float> {
    /// The same memory, for values of bf16.
    var bfloat16: UnsafeMutablePointer<lk_bf16> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: lk_bf16.self)
    }
}
