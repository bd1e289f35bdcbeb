import CKernels
import Tensors

/// Where the weight of a convolution lies in a tensor (out, in, taps), of which it may be a part.
struct WeightLayout: Sendable {
    /// Floats between neighbouring input channels: the number of taps.
    let inputStride: Int
    /// Floats between neighbouring output channels.
    let outputStride: Int
}

/// A convolution of a fixed shape, cut into tiles: forward, and the gradients of input and weight.
///
/// Nothing is gathered into a matrix: the kernels read pixels through tables of pointers, which a
/// tile fills in its thread's scratch memory.
struct IndirectConvolution: Sendable {
    /// Rows of a tile of the gradient of the weight, and most rows of any tile.
    static let mostRows = LK_INDIRECT_PIXELS

    let shape: lk_convolution
    /// Output pixels of the batch.
    let rows: Int
    let taps: Int
    /// What the tables count as one tap: where `merged`, a whole row of the kernel, whose pixels
    /// lie one behind another in an input with margins.
    let merged: Bool
    let tileRows: Int
    let tileColumns: Int
    /// Place of each tap in a packed panel.
    let offsets: [Int]
    let residues: [Residue]
    let gradientTiles: GradientTiles

    /// Input pixels that meet the same taps on the way back: those of one residue modulo the
    /// stride.
    struct Residue: Sendable {
        let residue: [Int]
        let taps: [Int]
        let offsets: [Int]
        let rows: Int
    }

    /// How the gradient of the weight is cut: every tile sums over the pixels of one part.
    struct GradientTiles: Sendable {
        let parts: Int
        let partRows: Int
        /// Channels of one tap in a unit, and units in a tile.
        let channels: Int
        let unitsPerTap: Int
        let unitsPerTile: Int
    }

    /// - Parameter merged: the input carries `pad_width` columns of margin left and right, in_width
    ///   counts them, and pad_width is 0.
    init(_ shape: lk_convolution, clips: Int, merged: Bool = false) {
        self.shape = shape
        self.merged = merged
        taps = shape.kernel_time * shape.kernel_height * shape.kernel_width
        rows = clips * shape.out_time * shape.out_height * shape.out_width
        (tileRows, tileColumns) = Self.tiles(rows: rows, columns: shape.out_channels)
        let tableTaps = merged ? taps / shape.kernel_width : taps
        let tableChannels = taps / tableTaps * shape.in_channels
        offsets = (0..<tableTaps).map { $0 * tableChannels }
        residues = Self.residues(of: shape, clips: clips)
        gradientTiles = Self.gradientTiles(of: shape, rows: rows, merged: merged)
    }

    var depth: Int { taps * shape.in_channels }
    var tableTaps: Int { offsets.count }
    var tableChannels: Int { depth / tableTaps }

    /// Floats of the weight, packed for the way forward.
    var packedCount: Int { depth * shape.out_channels.roundedUp(to: columns) }
    /// Floats of the weight, packed for the gradient of the input.
    var packedTransposedCount: Int {
        taps * shape.out_channels * shape.in_channels.roundedUp(to: columns)
    }
    /// Floats of the partial gradients of the weight.
    var partialCount: Int { gradientTiles.parts * depth * shape.out_channels }
    var multiplyAdds: Int { rows * depth * shape.out_channels }

    private var columns: Int { LK_INDIRECT_COLUMNS }

    var scratchBytes: Int {
        let padded = Self.mostRows.roundedUp(to: LK_INDIRECT_ROWS)
        let pointers = (taps + 1) * padded * MemoryLayout<UnsafePointer<Float>>.stride
        return pointers
            + padded * shape.out_channels.roundedUp(to: columns) * MemoryLayout<Float>.stride
    }

    /// Tiles of the output: enough of them to occupy many threads, and rows few enough that their
    /// pixels stay in the second-level cache.
    static func tiles(rows: Int, columns: Int) -> (rows: Int, columns: Int) {
        let unit = LK_INDIRECT_ROWS
        let tile = min(mostRows, rows.parts(of: 8).roundedUp(to: unit))
        if tile >= 48 { return (tile, columns) }
        let few = min(48, rows.roundedUp(to: unit))
        let groups = max(1, min(8 / rows.parts(of: few), columns / 64))
        return (few, columns.parts(of: groups).roundedUp(to: 16))
    }

    private static func residues(of shape: lk_convolution, clips: Int) -> [Residue] {
        func pixels(_ extent: Int, _ residue: Int, _ stride: Int) -> Int {
            max(0, extent - residue).parts(of: stride)
        }
        var all: [Residue] = []
        for t in 0..<shape.stride_time {
            for y in 0..<shape.stride_height {
                for x in 0..<shape.stride_width {
                    let taps = (0..<shape.kernel_time * shape.kernel_height * shape.kernel_width)
                        .filter { tap in
                            let b = tap / shape.kernel_width % shape.kernel_height
                            let a = tap / (shape.kernel_width * shape.kernel_height)
                            return (t + shape.pad_time - a) % shape.stride_time == 0
                                && (y + shape.pad_height - b) % shape.stride_height == 0
                                && (x + shape.pad_width - tap % shape.kernel_width)
                                    % shape.stride_width == 0
                        }
                    let rows =
                        clips * pixels(shape.in_time, t, shape.stride_time)
                        * pixels(shape.in_height, y, shape.stride_height)
                        * pixels(shape.in_width, x, shape.stride_width)
                    all.append(
                        Residue(
                            residue: [t, y, x], taps: taps,
                            offsets: taps.map { $0 * shape.out_channels }, rows: rows))
                }
            }
        }
        return all
    }

    private static func gradientTiles(
        of shape: lk_convolution, rows: Int, merged: Bool
    ) -> GradientTiles {
        let width = merged ? shape.kernel_width : 1
        let taps = shape.kernel_time * shape.kernel_height * shape.kernel_width / width
        let depth = shape.in_channels * width
        let perTap = depth.parts(of: 128)
        let channels = depth.parts(of: perTap)
        let unitsPerTile = max(1, min(taps * perTap, 192 / channels))
        let tiles = (taps * perTap).parts(of: unitsPerTile)
        // Parts of at least four chunks of pixels, and no more tiles than occupy many threads.
        let parts = max(1, min(8, 32 / tiles, rows / (4 * mostRows)))
        let partRows = rows.parts(of: parts).roundedUp(to: mostRows)
        return GradientTiles(
            parts: rows.parts(of: partRows), partRows: partRows, channels: channels,
            unitsPerTap: perTap, unitsPerTile: unitsPerTile)
    }
}
