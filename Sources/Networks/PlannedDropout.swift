import CKernels
import Tensors

/// Dropout of training: Srivastava et al., Dropout (2014), with the values that stay scaled up.
///
/// What is dropped is a function of the clip's key, the layer's name and the value's place in the
/// clip; the way back draws it again.
struct PlannedDropout: PlannedOperation {
    let name: String
    let rate: Float
    let clips: Int
    /// Values of a clip.
    let count: Int
    let x: BufferID
    let y: BufferID
    let dy: BufferID?
    let dx: GradientTarget?
    private let stream: UInt64

    init(
        name: String, rate: Double, clips: Int, count: Int, x: BufferID, y: BufferID,
        dy: BufferID?, dx: GradientTarget?
    ) {
        self.name = name
        self.rate = Float(rate)
        self.clips = clips
        self.count = count
        self.x = x
        self.y = y
        self.dy = dy
        self.dx = dx
        stream = name.stableHash
    }

    var forwardBuffers: [BufferID] { [x, y] }
    var backwardBuffers: [BufferID] { [dy, dx?.buffer].compactMap(\.self) }
    var scratchBytes: Int { count * MemoryLayout<Float>.stride }

    var cost: OperationCost {
        let back = dx.map {
            OperationCost.Work(floats: (1 + $0.sweeps) * clips * count)
        }
        return OperationCost(
            name: name, kind: .elementwise, title: "dropout \(rate)",
            forward: OperationCost.Work(floats: 2 * clips * count), backward: back ?? .none)
    }

    /// Uniform numbers, one a value of the clip.
    private func draw(_ clip: Int, _ thread: Int, _ pass: Pass) -> UnsafeMutablePointer<Float> {
        let drawn = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
        CounterRandom(seed: pass.keys[clip], stream: stream)
            .fillUniform(UnsafeMutableBufferPointer(start: drawn, count: count))
        return drawn
    }

    func forward(_ pass: Pass) {
        let (input, output) = (pass[x], pass[y])
        pass.tiles(clips, of: 1) { range, thread in
            let first = range.lowerBound * count
            lk_dropout(
                count, draw(range.lowerBound, thread, pass), rate, input + first, output + first)
        }
    }

    func backward(_ pass: Pass) {
        guard let dy, let dx else { return }
        let (gradient, target) = (pass[dy], pass[dx.buffer])
        pass.tiles(clips, of: 1) { range, thread in
            let first = range.lowerBound * count
            let drawn = draw(range.lowerBound, thread, pass)
            if dx.accumulates {
                lk_dropout(count, drawn, rate, gradient + first, drawn)
                lk_add_to(count, drawn, target + first)
            } else {
                lk_dropout(count, drawn, rate, gradient + first, target + first)
            }
        }
    }
}
