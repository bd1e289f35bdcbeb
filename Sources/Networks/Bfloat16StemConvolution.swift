import CKernels
import Tensors

/// A convolution that networks begin with, in bf16 (bf16_stem.h). The gradient of its input, which a
/// stem is rarely asked for, is made in float.
struct Bfloat16StemConvolution: ConvolutionAlgorithm {
    let exact: TiledConvolution
    /// Lines of pixels of the output in a tile, and in a part of the sums of the weight's gradient.
    let tileLines: Int
    let partLines: Int
    /// Lines of the input and of the output.
    let inputLines: Int
    let outputLines: Int
    /// Words of a line as the kernels read it, and floats of the packed weight.
    let words: Int
    let weightFloats: Int

    /// Nil where the shape is none for this.
    init?(_ shape: lk_convolution, clips: Int) {
        guard shape.suitsBfloat16Stem else { return nil }
        exact = TiledConvolution(shape, clips: clips)
        inputLines = clips * shape.in_time * shape.in_height
        outputLines = clips * shape.out_time * shape.out_height
        tileLines = min(8, outputLines.parts(of: 16))
        partLines = outputLines.parts(of: 16)
        words = withUnsafePointer(to: shape) { lk_bf16_stem_line($0) }
        weightFloats = withUnsafePointer(to: shape) { lk_bf16_stem_weight($0) }
    }

    var shape: lk_convolution { exact.shape }
    var method: OperationCost.Method { .bfloat16 }
    var rows: Int { exact.rows }
    var tileRows: Int { tileLines * shape.out_width }
    var finishesTiles: Bool { true }

    private var parts: Int { outputLines.parts(of: partLines) }
    /// Floats of all lines of the input, and of a line of zeros before them.
    private var lineFloats: Int { 2 * words * (inputLines + 1) }
    var packedCount: Int { weightFloats + lineFloats }
    var packedTransposedCount: Int { exact.packedTransposedCount }
    var partialCount: Int { parts * weightFloats + lineFloats }
    var scratchBytes: Int {
        max(exact.scratchBytes, withUnsafePointer(to: shape) { lk_bf16_stem_scratch($0) })
    }

    func forward(
        _ x: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ pass: Pass,
        finish: (_ tile: Int, _ rows: Range<Int>) -> Void
    ) {
        let zeros = prepareLines(of: x, forGradient: false, in: packed + weightFloats, pass)
        let columns = UnsafeMutableRawPointer(packed).assumingMemoryBound(to: UInt32.self)
        withUnsafePointer(to: shape) { shape in
            lk_bf16_stem_pack_weight(
                shape, weight.values, weight.layout.outputStride, weight.scale, columns)
            pass.tiles(outputLines, of: tileLines) { lines, _ in
                let first = lines.lowerBound * shape.pointee.out_width
                lk_bf16_stem_multiply(
                    shape, zeros + words, zeros, columns, lines.lowerBound, lines.count,
                    y + first * shape.pointee.out_channels)
                finish(
                    lines.lowerBound / tileLines,
                    first..<first + lines.count * shape.pointee.out_width)
            }
        }
    }

    func inputGradient(
        _ dy: UnsafePointer<Float>, _ weight: ConvolutionWeight,
        packed: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>, accumulate: Bool,
        _ pass: Pass
    ) {
        exact.inputGradient(dy, weight, packed: packed, dx, accumulate: accumulate, pass)
    }

    func weightGradient(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        partials: UnsafeMutablePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ layout: WeightLayout, _ pass: Pass
    ) {
        let zeros = prepareLines(
            of: x, forGradient: true, in: partials + parts * weightFloats, pass)
        withUnsafePointer(to: shape) { shape in
            let line = shape.pointee.out_width * shape.pointee.out_channels
            pass.tiles(outputLines, of: partLines) { lines, _ in
                let sums = partials + lines.lowerBound / partLines * weightFloats
                lk_fill(weightFloats, 0, sums)
                lk_bf16_stem_outer(
                    shape, zeros + words, zeros, dy + lines.lowerBound * line, lines.lowerBound,
                    lines.count, sums)
            }
            lk_bf16_stem_unpack(
                shape, parts, partials, layout.outputStride, gradient, accumulate ? 1 : 0)
        }
    }

    /// The line of zeros, behind which the input's lines lie.
    private func prepareLines(
        of x: UnsafePointer<Float>, forGradient: Bool, in memory: UnsafeMutablePointer<Float>,
        _ pass: Pass
    ) -> UnsafeMutablePointer<UInt64> {
        let zeros = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt64.self)
        lk_fill(2 * words, 0, memory)
        withUnsafePointer(to: shape) { shape in
            pass.tiles(inputLines, of: 16) { lines, thread in
                lk_bf16_stem_lines(
                    shape, x, lines.lowerBound, lines.count, forGradient ? 1 : 0,
                    zeros + (lines.lowerBound + 1) * words, pass.scratch(of: thread))
            }
        }
        return zeros
    }
}

extension lk_convolution {
    /// Whether it is one of those that bf16_stem.h is about.
    var suitsBfloat16Stem: Bool {
        in_channels == LK_BF16_STEM_INPUTS && out_channels % LK_BF16_STEM_OUTPUTS == 0
            && kernel_width == LK_BF16_STEM_WIDTH && stride_width == LK_BF16_STEM_STRIDE
            && kernel_time * kernel_height <= LK_BF16_STEM_LINES
    }
}
