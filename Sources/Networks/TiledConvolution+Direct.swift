import CKernels
import Tensors

extension TiledConvolution {
    /// One tile of a direct convolution, forward or flipped; `x` is the first pixel of the input,
    /// `y` the first of the tile's rows.
    static func directMultiply(
        _ shape: lk_convolution, _ x: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ rows: Range<Int>, _ y: UnsafeMutablePointer<Float>, accumulate: Bool,
        scratch: UnsafeMutableRawPointer
    ) {
        let line = scratch.assumingMemoryBound(to: Float.self)
        if shape.isPointwise {
            var tile = shape.line(of: rows.count)
            lk_direct(
                &tile, x + rows.lowerBound * shape.in_channels, packed, 0, 1, line, y,
                accumulate ? 1 : 0)
            return
        }
        let first = rows.lowerBound / shape.out_width
        withUnsafePointer(to: shape) { shape in
            lk_direct(
                shape, x, packed, first, rows.count / shape.pointee.out_width, line,
                y - rows.lowerBound * shape.pointee.out_channels, accumulate ? 1 : 0)
        }
    }

    /// The gradient of the weight from some rows, written to `partial`, (taps, in, out).
    func directGradientTile(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, rows: Range<Int>,
        into partial: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
    ) {
        lk_fill(depth * shape.out_channels, 0, partial)
        let line = scratch.assumingMemoryBound(to: Float.self)
        if shape.isPointwise {
            var tile = shape.line(of: rows.count)
            lk_direct_weight_gradient(
                &tile, x + rows.lowerBound * shape.in_channels,
                dy + rows.lowerBound * shape.out_channels, 0, 1, line, partial)
            return
        }
        withUnsafePointer(to: shape) { shape in
            lk_direct_weight_gradient(
                shape, x, dy, rows.lowerBound / shape.pointee.out_width,
                rows.count / shape.pointee.out_width, line, partial)
        }
    }
}

extension lk_convolution {
    /// Whether the direct kernels are the faster ones: measured on Zen 3.
    var hasFewChannels: Bool {
        min(in_channels, out_channels) <= 16 && max(in_channels, out_channels) <= 128
    }

    var taps: Int { kernel_time * kernel_height * kernel_width }

    /// Whether output pixel i sees input pixel i and nothing else: lines may have any length.
    var isPointwise: Bool {
        kernel_time * kernel_height * kernel_width == 1
            && stride_time * stride_height * stride_width == 1
            && pad_time == 0 && pad_height == 0 && pad_width == 0
            && in_time == out_time && in_height == out_height && in_width == out_width
    }

    /// Output pixels that a tile has to have a multiple of.
    var lineRows: Int { isPointwise ? 1 : out_width }

    /// Floats of scratch memory for a line of the input.
    var lineFloats: Int { withUnsafePointer(to: self) { lk_direct_scratch($0) } }

    /// A pointwise convolution of one line.
    func line(of pixels: Int) -> lk_convolution {
        var line = self
        (line.in_time, line.in_height, line.in_width) = (1, 1, pixels)
        (line.out_time, line.out_height, line.out_width) = (1, 1, pixels)
        return line
    }

    /// Rows of a tile of the output: 64 kB of activations, less where that leaves threads idle.
    func directTileRows(of rows: Int) -> Int {
        let most = max(1, 16_384 / max(in_channels, out_channels))
        return max(1, min(most, rows.parts(of: 8)) / lineRows) * lineRows
    }

    /// The convolution of the output's gradient, by the weight with its taps reversed, that yields
    /// the gradient of the input; nil where it is none.
    var flipped: lk_convolution? {
        var back = self
        (back.in_time, back.in_height, back.in_width) = (out_time, out_height, out_width)
        (back.out_time, back.out_height, back.out_width) = (in_time, in_height, in_width)
        (back.in_channels, back.out_channels) = (out_channels, in_channels)
        back.pad_time = kernel_time - 1 - pad_time
        back.pad_height = kernel_height - 1 - pad_height
        back.pad_width = kernel_width - 1 - pad_width
        let unstrided = stride_time * stride_height * stride_width == 1
        return unstrided && min(back.pad_time, back.pad_height, back.pad_width) >= 0 ? back : nil
    }
}
