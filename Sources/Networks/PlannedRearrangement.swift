import CKernels
import Tensors

/// Operations that only move values: frames are picked or repeated, channels joined, maps flattened
/// or subsampled. Each output image, (height, width, channels), is made from one input image.
struct PlannedRearrangement: PlannedOperation {
    enum Kind: Sendable {
        case gather([Int])
        case repeatFrames(Int)
        /// The output's channels from `channel` on.
        case join(channel: Int)
        case flatten
        case subsample(stride: Int)
    }

    let name: String
    let kind: Kind
    let clips: Int
    let from: FeatureShape
    let to: FeatureShape
    var x: BufferID
    var y: BufferID
    let dy: BufferID?
    let dx: GradientTarget?

    var forwardBuffers: [BufferID] { [x, y] }
    var backwardBuffers: [BufferID] { [dy, dx?.buffer].compactMap(\.self) }
    var scratchBytes: Int { inputCount * MemoryLayout<Float>.stride }

    private var inputCount: Int { from.height * from.width * from.channels }
    private var outputCount: Int { to.height * to.width * to.channels }

    /// The input frame that an output frame is made from.
    private func source(of frame: Int) -> Int {
        switch kind {
        case .gather(let frames): frames[frame]
        case .repeatFrames(let times): frame / times
        case .join, .flatten, .subsample: frame
        }
    }

    var cost: OperationCost {
        let (title, moved, written) =
            switch kind {
            case .gather(let frames): ("\(frames.count) frames", outputCount, outputCount)
            case .repeatFrames(let times): ("repeat \(times) times", outputCount, outputCount)
            case .join: ("join", inputCount, inputCount)
            case .flatten: ("flatten", inputCount, inputCount)
            case .subsample(let stride):
                ("every \(stride)th pixel", to.height * to.width * from.channels, outputCount)
            }
        let images = clips * to.time
        let back = dx.map {
            OperationCost.Work(floats: images * moved + $0.sweeps * clips * from.count)
        }
        return OperationCost(
            name: name, kind: .rearrangement, title: title,
            forward: OperationCost.Work(floats: images * (moved + written)),
            backward: back ?? .none)
    }

    func forward(_ pass: Pass) {
        let (input, output) = (pass[x], pass[y])
        pass.tiles(clips * to.time, of: 1) { range, _ in
            let image = range.lowerBound
            let frame = image / to.time * from.time + source(of: image % to.time)
            move(input + frame * inputCount, to: output + image * outputCount)
        }
    }

    private func move(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
        let pixels = from.height * from.width
        switch kind {
        case .gather, .repeatFrames: y.update(from: x, count: outputCount)
        case .join(let channel):
            lk_copy_rows(pixels, from.channels, x, from.channels, y + channel, to.channels)
        case .flatten: lk_transpose(pixels, from.channels, x, y)
        case .subsample(let stride):
            lk_fill(outputCount, 0, y)
            for row in 0..<to.height {
                lk_copy_rows(
                    to.width, from.channels, x + row * stride * from.width * from.channels,
                    stride * from.channels, y + row * to.width * to.channels, to.channels)
            }
        }
    }

    func backward(_ pass: Pass) {
        guard let dy, let dx else { return }
        let (gradient, input) = (pass[dy], pass[dx.buffer])
        // A clip a tile: several output frames may meet in one input frame.
        pass.tiles(clips, of: 1) { range, thread in
            let clip = range.lowerBound
            let first = input + clip * from.time * inputCount
            if !dx.accumulates { lk_fill(from.time * inputCount, 0, first) }
            let staging = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
            for frame in 0..<to.time {
                moveBack(
                    gradient + (clip * to.time + frame) * outputCount, staging,
                    to: first + source(of: frame) * inputCount)
            }
        }
    }

    private func moveBack(
        _ dy: UnsafePointer<Float>, _ staging: UnsafeMutablePointer<Float>,
        to dx: UnsafeMutablePointer<Float>
    ) {
        let pixels = from.height * from.width
        switch kind {
        case .gather, .repeatFrames: lk_add_to(outputCount, dy, dx)
        case .join(let channel):
            lk_add_rows(pixels, from.channels, dy + channel, to.channels, dx, from.channels)
        case .flatten:
            lk_transpose(from.channels, pixels, dy, staging)
            lk_add_to(inputCount, staging, dx)
        case .subsample(let stride):
            for row in 0..<to.height {
                lk_add_rows(
                    to.width, from.channels, dy + row * to.width * to.channels, to.channels,
                    dx + row * stride * from.width * from.channels, stride * from.channels)
            }
        }
    }
}
