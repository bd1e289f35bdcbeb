import CKernels
import Tensors

/// One of the two products of a Winograd convolution with its weight: the output, or the gradient
/// of the input, which is the convolution of the output's gradient by the reversed weight.
///
/// A tile of work transforms its input, multiplies all planes and transforms back, in its thread's
/// scratch memory. Few tiles under a weight of many channels go the other way around: the input is
/// transformed once, and the weight piece by piece, which never goes to memory.
struct WinogradProduct: Sendable {
    /// Most tiles of the transform that a thread has in its scratch memory at once.
    static let mostTiles = 48
    /// Floats between planes beyond their content: planes a power of two apart would share few
    /// places of the cache.
    static let gap = 16

    let shape: lk_convolution
    /// Tiles of the transform.
    let tiles: Int
    /// Whether the weight is transformed piece by piece.
    let streamsWeight: Bool
    /// Bands are as few tiles of the transform as make whole rows of pixels that lie side by side
    /// in memory: a row of tiles if they fit the map, else all of an image. Over time there are no
    /// such tiles, and a band is one.
    let bandTiles: Int
    let bandsPerTile: Int
    /// Output channels of a tile of work.
    let columns: Int

    /// Where the weight lies, as the product sees it.
    struct Weight {
        let values: UnsafePointer<Float>
        /// From its last tap to its first.
        let isReversed: Bool
        let inputStride: Int
        let outputStride: Int
        let scale: UnsafePointer<Float>?
    }

    init(_ shape: lk_convolution, clips: Int) {
        self.shape = shape
        tiles = clips * shape.winogradTiles
        let (inputs, outputs) = (shape.in_channels, shape.out_channels)
        let side = LK_WINOGRAD_TILE
        bandTiles =
            if shape.kernel_time > 1 {
                1
            } else if shape.out_height % side == 0 {
                shape.out_width.parts(of: side)
            } else {
                shape.winogradTiles / shape.out_time
            }
        let bands = tiles / bandTiles
        streamsWeight =
            tiles <= LK_INDIRECT_PIXELS && inputs * outputs > tiles * (inputs + outputs)
        if streamsWeight {
            bandsPerTile = bands
            // 2 MB of a transformed weight.
            columns = max(1, 524_288 / (shape.winogradPlanes * inputs * 16)) * 16
        } else {
            // Few tiles read the weight often, many leave the second-level cache.
            bandsPerTile = tiles <= Self.mostTiles ? bands : max(1, 36 / bandTiles)
            let across = min(8.parts(of: bands.parts(of: bandsPerTile)), outputs / 64)
            columns = outputs.parts(of: max(1, across)).roundedUp(to: LK_INDIRECT_COLUMNS)
        }
    }

    var columnTiles: Int { shape.out_channels.parts(of: columns) }
    private var planes: Int { shape.winogradPlanes }
    private var bands: Int { tiles / bandTiles }

    /// Floats of the transformed weight, or of the transformed input.
    var packedCount: Int {
        planes
            * (streamsWeight
                ? Self.plane(tiles, shape.in_channels) : shape.in_channels * shape.out_channels)
    }

    var scratchBytes: Int {
        let some = streamsWeight ? tiles : Self.mostTiles
        let read = Self.plane(streamsWeight ? columns : some, shape.in_channels)
        return planes * (read + Self.plane(some, columns)) * MemoryLayout<Float>.stride
    }

    /// Floats from one plane of (tiles, channels) to the next.
    static func plane(_ tiles: Int, _ channels: Int) -> Int { tiles * channels + gap }

    /// y (+)= x * w; `finish` is called with the number of each tile of work, when all of its
    /// output channels are done.
    func run(
        _ x: UnsafePointer<Float>, _ weight: Weight, packed: UnsafeMutablePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, accumulate: Bool, _ pass: Pass,
        finish: (_ tile: Int, _ columns: Range<Int>) -> Void = { _, _ in }
    ) {
        let across = columnTiles
        func columns(_ number: Int) -> Range<Int> {
            number.range(of: self.columns, in: shape.out_channels)
        }
        if streamsWeight {
            transformInput(x, into: packed, pass)
            pass.pool.run(tiles: across) { tile, thread in
                stream(weight, columns(tile), packed, y, accumulate, pass.scratch(of: thread))
            }
            return
        }
        pass.tiles(shape.out_channels, of: LK_INDIRECT_COLUMNS) { range, _ in
            pack(
                weight, range, plane: shape.in_channels * shape.out_channels,
                packed + range.lowerBound * shape.in_channels)
        }
        pass.pool.run(tiles: bands.parts(of: bandsPerTile) * across) { tile, thread in
            multiply(
                (tile / across).range(of: bandsPerTile, in: bands), columns(tile % across), x,
                packed, y, accumulate, pass, pass.scratch(of: thread))
            finish(tile / across, columns(tile % across))
        }
    }

    private func pack(
        _ weight: Weight, _ columns: Range<Int>, plane: Int, _ packed: UnsafeMutablePointer<Float>
    ) {
        lk_winograd_pack_weight(
            shape.taps, shape.in_channels, columns.count,
            weight.values + columns.lowerBound * weight.outputStride, weight.isReversed ? 1 : 0,
            weight.inputStride, weight.outputStride, weight.scale.map { $0 + columns.lowerBound },
            plane, packed)
    }

    /// A tile of work; `x` and `y` are the first pixels of the batch.
    private func multiply(
        _ bands: Range<Int>, _ columns: Range<Int>, _ x: UnsafePointer<Float>,
        _ packed: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ accumulate: Bool,
        _ pass: Pass, _ scratch: UnsafeMutableRawPointer
    ) {
        let count = bands.count * bandTiles
        let block = count.parts(of: count.parts(of: Self.mostTiles))
        let channels = shape.in_channels
        let seen = scratch.assumingMemoryBound(to: Float.self)
        let products = seen + planes * Self.plane(Self.mostTiles, channels)
        for start in stride(from: 0, to: count, by: block) {
            let some = min(block, count - start)
            let first = bands.lowerBound * bandTiles + start
            let (from, to) = (Self.plane(some, channels), Self.plane(some, columns.count))
            withUnsafePointer(to: shape) { shape in
                lk_winograd_input(shape, x, pass.zeros, first, some, from, seen)
                lk_winograd_multiply(
                    planes, some, channels, seen, from, packed,
                    channels * shape.pointee.out_channels, columns.lowerBound, columns.count,
                    products, to)
                lk_winograd_output(
                    shape, products, to, first, some, columns.lowerBound, columns.count, y,
                    accumulate ? 1 : 0)
            }
        }
    }

    private func transformInput(
        _ x: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        pass.tiles(tiles, of: 4) { range, _ in
            withUnsafePointer(to: shape) { shape in
                lk_winograd_input(
                    shape, x, pass.zeros, range.lowerBound, range.count,
                    Self.plane(tiles, shape.pointee.in_channels),
                    packed + range.lowerBound * shape.pointee.in_channels)
            }
        }
    }

    /// Some output channels of all tiles, of the transformed input.
    private func stream(
        _ weight: Weight, _ columns: Range<Int>, _ input: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ accumulate: Bool, _ scratch: UnsafeMutableRawPointer
    ) {
        let channels = shape.in_channels
        let piece = scratch.assumingMemoryBound(to: Float.self)
        let plane = Self.plane(columns.count, channels)
        pack(weight, columns, plane: plane, piece)
        let products = piece + planes * plane
        let to = Self.plane(tiles, columns.count)
        withUnsafePointer(to: shape) { shape in
            lk_winograd_multiply(
                planes, tiles, channels, input, Self.plane(tiles, channels), piece, plane, 0,
                columns.count, products, to)
            lk_winograd_output(
                shape, products, to, 0, tiles, columns.lowerBound, columns.count, y,
                accumulate ? 1 : 0)
        }
    }
}
