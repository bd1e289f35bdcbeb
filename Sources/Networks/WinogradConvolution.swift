import CKernels
import Tensors

/// A convolution by 1 x 3 x 3 or 3 x 1 x 1 in the transformed domain (winograd.h): a fourth or half of
/// the products of the direct form, at about twice its rounding error.
///
/// A tile of work transforms its input, multiplies all planes and transforms back, in its thread's
/// scratch memory. The gradient of the weight goes plane by plane instead, as its sums are over all
/// tiles.
struct WinogradConvolution: ConvolutionAlgorithm {
    /// Most tiles of the transform that a thread has in its scratch memory at once.
    static let mostTiles = 48
    /// Floats between planes beyond their content: planes a power of two apart would share few
    /// places of the cache.
    static let gap = 16

    let shape: lk_convolution
    /// The convolution of the output's gradient that yields the gradient of the input.
    let back: lk_convolution
    let rows: Int
    let tileRows: Int
    let forwardCut: Cut
    let backwardCut: Cut
    let gradientBlocks: GradientBlocks

    /// How a batch is cut. Bands are as few tiles of the transform as make whole rows of pixels that
    /// lie side by side in memory: a row of tiles if they fit the map, else all of an image. Over
    /// time there are no such tiles, and a band is one.
    struct Cut: Sendable {
        let bandTiles: Int
        let bands: Int
        let bandsPerTile: Int
        let columns: Int
    }

    /// The gradient of the weight sums over blocks of tiles, some blocks at a time.
    struct GradientBlocks: Sendable {
        let tiles: Int
        let blockTiles: Int
        let together: Int
        var count: Int { tiles.parts(of: blockTiles) }

        func range(_ block: Int) -> Range<Int> { block.range(of: blockTiles, in: tiles) }
    }

    /// Nil where the shape is none for this, or where it would not be the faster way.
    init?(_ shape: lk_convolution, clips: Int) {
        guard shape.suitsWinograd, let back = shape.flipped else { return nil }
        self.shape = shape
        self.back = back
        rows = clips * shape.out_time * shape.out_height * shape.out_width
        forwardCut = Cut(shape, clips: clips)
        backwardCut = Cut(back, clips: clips)
        gradientBlocks = GradientBlocks(shape, clips: clips)
        tileRows =
            shape.kernel_time > 1
            ? TiledConvolution.tiles(rows: rows, columns: shape.out_channels).rows
            : rows / forwardCut.bands * forwardCut.bandsPerTile
    }

    var planes: Int { lk_winograd_planes(shape.taps) }
    var columnTiles: Int { shape.out_channels.parts(of: forwardCut.columns) }
    var finishesTiles: Bool { shape.kernel_time == 1 && columnTiles == 1 }
    var packedCount: Int { planes * shape.in_channels * shape.out_channels }
    var packedTransposedCount: Int { packedCount }

    var scratchBytes: Int {
        let floats = max(
            Self.plane(Self.mostTiles, shape.in_channels)
                + Self.plane(Self.mostTiles, forwardCut.columns),
            Self.plane(Self.mostTiles, shape.out_channels)
                + Self.plane(Self.mostTiles, backwardCut.columns))
        return planes * floats * MemoryLayout<Float>.stride
    }

    /// Floats from one plane of (tiles, channels) to the next.
    static func plane(_ tiles: Int, _ channels: Int) -> Int { tiles * channels + gap }
}

extension WinogradConvolution.Cut {
    init(_ shape: lk_convolution, clips: Int) {
        let side = LK_WINOGRAD_TILE
        let tiles = clips * shape.winogradTiles
        bandTiles =
            if shape.kernel_time > 1 {
                1
            } else if shape.out_height % side == 0 {
                shape.out_width.parts(of: side)
            } else {
                shape.winogradTiles / shape.out_time
            }
        bands = tiles / bandTiles
        // Few tiles read the weight often, many leave the second-level cache.
        let most = WinogradConvolution.mostTiles
        bandsPerTile = tiles <= most ? bands : max(1, 36 / bandTiles)
        let across = max(
            1, min(8.parts(of: bands.parts(of: bandsPerTile)), shape.out_channels / 64))
        columns = shape.out_channels.parts(of: across).roundedUp(to: LK_INDIRECT_COLUMNS)
    }

    var rowTiles: Int { bands.parts(of: bandsPerTile) }
}

extension WinogradConvolution.GradientBlocks {
    init(_ shape: lk_convolution, clips: Int) {
        tiles = clips * shape.winogradTiles
        blockTiles = tiles.parts(of: tiles.parts(of: LK_INDIRECT_PIXELS))
        // Some 8 MB, which the third-level cache keeps between the two steps.
        let floats =
            lk_winograd_planes(shape.taps) * blockTiles * (shape.in_channels + shape.out_channels)
        together = min(tiles.parts(of: blockTiles), max(1, 2_097_152 / floats))
    }
}

extension lk_convolution {
    /// Of one clip.
    var winogradTiles: Int { withUnsafePointer(to: self) { lk_winograd_tiles($0) } }

    /// Whether this is the faster way: enough channels, tiles that mostly lie in the map, and
    /// enough of them for a weight that is several times as large.
    var suitsWinograd: Bool {
        guard stride_time * stride_height * stride_width == 1,
            in_channels % LK_INDIRECT_COLUMNS == 0, out_channels % LK_INDIRECT_COLUMNS == 0,
            min(in_channels, out_channels) >= 32
        else { return false }
        let pixels = min(
            in_time * in_height * in_width, out_time * out_height * out_width)
        let side = LK_WINOGRAD_TILE
        switch (kernel_time, kernel_height, kernel_width) {
        case (1, 3, 3):
            return pad_time == 0 && winogradTiles >= 4
                && 2 * pixels >= winogradTiles * side * side
        case (3, 1, 1):
            return pad_height == 0 && pad_width == 0 && winogradTiles >= 32
                && 4 * pixels >= 3 * winogradTiles * side
        default: return false
        }
    }
}
