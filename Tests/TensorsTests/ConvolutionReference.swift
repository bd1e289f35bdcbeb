import CKernels

/// A convolution by its definition, in double; weights in PyTorch's layout (out, in, kt, kh, kw).
struct ConvolutionReference {
    var shape: lk_convolution
    var clips: Int

    var inCount: Int {
        clips * shape.in_time * shape.in_height * shape.in_width * shape.in_channels
    }
    var outCount: Int { pixels * shape.out_channels }
    var pixels: Int { clips * shape.out_time * shape.out_height * shape.out_width }
    var rows: Int { clips * shape.out_time * shape.out_height }
    var taps: Int { shape.kernel_time * shape.kernel_height * shape.kernel_width }
    var depth: Int { taps * shape.in_channels }
    var weightCount: Int { depth * shape.out_channels }

    init(
        clips: Int, size: (Int, Int, Int), channels: (Int, Int), kernel: (Int, Int, Int),
        stride: (Int, Int, Int), pad: (Int, Int, Int)
    ) {
        func out(_ size: Int, _ kernel: Int, _ stride: Int, _ pad: Int) -> Int {
            (size + 2 * pad - kernel) / stride + 1
        }
        self.clips = clips
        shape = lk_convolution(
            in_time: size.0, in_height: size.1, in_width: size.2, in_channels: channels.0,
            kernel_time: kernel.0, kernel_height: kernel.1, kernel_width: kernel.2,
            stride_time: stride.0, stride_height: stride.1, stride_width: stride.2,
            pad_time: pad.0, pad_height: pad.1, pad_width: pad.2,
            out_time: out(size.0, kernel.0, stride.0, pad.0),
            out_height: out(size.1, kernel.1, stride.1, pad.1),
            out_width: out(size.2, kernel.2, stride.2, pad.2), out_channels: channels.1)
    }

    /// Every product that the convolution is made of: offsets into x, w and y.
    func forEachTerm(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
        let s = shape
        for pixel in 0..<pixels {
            let ow = pixel % s.out_width
            let oh = pixel / s.out_width % s.out_height
            let ot = pixel / (s.out_width * s.out_height) % s.out_time
            let clip = pixel / (s.out_width * s.out_height * s.out_time)
            for tap in 0..<taps {
                let w = ow * s.stride_width - s.pad_width + tap % s.kernel_width
                let h =
                    oh * s.stride_height - s.pad_height
                    + tap / s.kernel_width % s.kernel_height
                let t =
                    ot * s.stride_time - s.pad_time
                    + tap / (s.kernel_width * s.kernel_height)
                guard (0..<s.in_width).contains(w), (0..<s.in_height).contains(h),
                    (0..<s.in_time).contains(t)
                else { continue }
                let at = ((clip * s.in_time + t) * s.in_height + h) * s.in_width + w
                for i in 0..<s.in_channels {
                    for o in 0..<s.out_channels {
                        body(
                            at * s.in_channels + i, (o * s.in_channels + i) * taps + tap,
                            pixel * s.out_channels + o)
                    }
                }
            }
        }
    }

    func forward(_ x: [Float], _ w: [Float]) -> [Double] {
        var y = [Double](repeating: 0, count: outCount)
        forEachTerm { y[$2] += Double(x[$0]) * Double(w[$1]) }
        return y
    }

    func dataGradient(_ dy: [Float], _ w: [Float]) -> [Double] {
        var dx = [Double](repeating: 0, count: inCount)
        forEachTerm { dx[$0] += Double(dy[$2]) * Double(w[$1]) }
        return dx
    }

    func weightGradient(_ x: [Float], _ dy: [Float]) -> [Double] {
        var dw = [Double](repeating: 0, count: weightCount)
        forEachTerm { dw[$1] += Double(x[$0]) * Double(dy[$2]) }
        return dw
    }

    static let cases: [ConvolutionReference] = [
        // The stems, small: 7x7 stride 2 on three channels, with and without time.
        .init(
            clips: 2, size: (1, 13, 15), channels: (3, 8), kernel: (1, 7, 7), stride: (1, 2, 2),
            pad: (0, 3, 3)),
        .init(
            clips: 1, size: (4, 9, 8), channels: (3, 5), kernel: (5, 7, 7), stride: (1, 2, 2),
            pad: (2, 3, 3)),
        // Residual blocks.
        .init(
            clips: 2, size: (1, 7, 14), channels: (7, 16), kernel: (1, 3, 3), stride: (1, 1, 1),
            pad: (0, 1, 1)),
        .init(
            clips: 1, size: (2, 7, 6), channels: (5, 33), kernel: (1, 3, 3), stride: (1, 2, 2),
            pad: (0, 1, 1)),
        .init(
            clips: 1, size: (1, 6, 5), channels: (17, 17), kernel: (1, 1, 1), stride: (1, 2, 2),
            pad: (0, 0, 0)),
        .init(
            clips: 1, size: (5, 3, 13), channels: (8, 24), kernel: (3, 1, 1), stride: (1, 1, 1),
            pad: (1, 0, 0)),
        // The lateral connection: seven frames, every fourth.
        .init(
            clips: 2, size: (8, 2, 3), channels: (3, 6), kernel: (7, 1, 1), stride: (4, 1, 1),
            pad: (3, 0, 0)),
        // Pointwise stages.
        .init(
            clips: 1, size: (1, 1, 150), channels: (3, 8), kernel: (1, 1, 1), stride: (1, 1, 1),
            pad: (0, 0, 0)),
        .init(
            clips: 2, size: (1, 3, 31), channels: (33, 40), kernel: (1, 1, 1), stride: (1, 1, 1),
            pad: (0, 0, 0)),
        // More rows of a kernel than a product sums over at once.
        .init(
            clips: 1, size: (3, 5, 6), channels: (2, 9), kernel: (9, 9, 2), stride: (1, 1, 1),
            pad: (4, 4, 1)),
        // A window wider than the input.
        .init(
            clips: 1, size: (1, 1, 1), channels: (1, 1), kernel: (1, 3, 3), stride: (1, 1, 1),
            pad: (0, 1, 1)),
        // Lines that end in blocks of two pixels and of one, and columns that fill no vector.
        .init(
            clips: 2, size: (2, 5, 29), channels: (3, 8), kernel: (5, 7, 7), stride: (1, 2, 2),
            pad: (2, 3, 3)),
        .init(
            clips: 1, size: (1, 3, 27), channels: (11, 13), kernel: (1, 3, 3), stride: (1, 1, 1),
            pad: (0, 1, 1)),
    ]
}
