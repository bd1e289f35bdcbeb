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
/// Nothing is gathered into a matrix. With many channels the kernels read pixels through tables of
/// pointers, which a tile fills in its thread's scratch memory; with few, such tables would cost
/// more than the products, and a kernel walks along the input's lines. The shape alone decides.
struct TiledConvolution: ConvolutionAlgorithm {
    /// Rows of a tile of the gradient of the weight, and most rows of any tile, where tables serve.
    static let mostRows = LK_INDIRECT_PIXELS

    let shape: lk_convolution
    /// Output pixels of the batch.
    let rows: Int
    let taps: Int
    /// Channels are few: no tables, but for the gradient of the input of a strided convolution.
    let direct: Bool
    /// The gradient of the input as a direct convolution of that of the output, if it is one.
    let flipped: lk_convolution?
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

    init(_ shape: lk_convolution, clips: Int) {
        self.shape = shape
        taps = shape.taps
        rows = clips * shape.out_time * shape.out_height * shape.out_width
        direct = shape.hasFewChannels
        flipped = direct ? shape.flipped : nil
        (tileRows, tileColumns) =
            direct
            ? (shape.directTileRows(of: rows), shape.out_channels)
            : Self.tiles(rows: rows, columns: shape.out_channels)
        offsets = (0..<taps).map { $0 * shape.in_channels }
        residues = Self.residues(of: shape, clips: clips)
        gradientTiles =
            direct
            ? Self.directGradientTiles(of: shape, rows: rows)
            : Self.gradientTiles(of: shape, rows: rows)
    }

    var method: OperationCost.Method { direct ? .direct : .indirect }
    var depth: Int { taps * shape.in_channels }

    /// Floats of the weight, packed for the way forward.
    var packedCount: Int { depth * shape.out_channels.roundedUp(to: columns) }
    /// Floats of the weight, packed for the gradient of the input.
    var packedTransposedCount: Int {
        taps * shape.out_channels * shape.in_channels.roundedUp(to: columns)
    }

    private var columns: Int { LK_INDIRECT_COLUMNS }

    var scratchBytes: Int {
        let padded = Self.mostRows.roundedUp(to: LK_INDIRECT_ROWS)
        let pointers = (taps + 1) * padded * MemoryLayout<UnsafePointer<Float>>.stride
        let floats = padded * shape.out_channels.roundedUp(to: columns)
        let line = max(shape.lineFloats, flipped?.lineFloats ?? 0)
        return max(
            pointers + floats * MemoryLayout<Float>.stride, line * MemoryLayout<Float>.stride)
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
                    // A stride longer than the map leaves residues without a pixel.
                    if rows == 0 { continue }
                    all.append(
                        Residue(
                            residue: [t, y, x], taps: taps,
                            offsets: taps.map { $0 * shape.out_channels }, rows: rows))
                }
            }
        }
        return all
    }

    private static func gradientTiles(of shape: lk_convolution, rows: Int) -> GradientTiles {
        let taps = shape.kernel_time * shape.kernel_height * shape.kernel_width
        let perTap = shape.in_channels.parts(of: 128)
        let channels = shape.in_channels.parts(of: perTap)
        let unitsPerTile = max(1, min(taps * perTap, 192 / channels))
        let tiles = (taps * perTap).parts(of: unitsPerTile)
        // Parts of at least four chunks of pixels, and no more tiles than occupy many threads.
        let parts = max(1, min(8, 32 / tiles, rows / (4 * mostRows)))
        let partRows = rows.parts(of: parts).roundedUp(to: mostRows)
        return GradientTiles(
            parts: rows.parts(of: partRows), partRows: partRows, channels: channels,
            unitsPerTap: perTap, unitsPerTile: unitsPerTile)
    }

    /// A part makes all of the weight's gradient from its lines of pixels.
    private static func directGradientTiles(
        of shape: lk_convolution, rows: Int
    ) -> GradientTiles {
        let taps = shape.kernel_time * shape.kernel_height * shape.kernel_width
        let parts = min(16, rows.parts(of: 128))
        let partRows = rows.parts(of: parts).roundedUp(to: shape.lineRows)
        return GradientTiles(
            parts: rows.parts(of: partRows), partRows: partRows, channels: shape.in_channels,
            unitsPerTap: 1, unitsPerTile: taps)
    }
}
