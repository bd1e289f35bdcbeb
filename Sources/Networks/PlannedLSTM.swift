import CKernels
import Tensors

/// One direction of an LSTM over the frames of each clip.
///
/// What the weights do to the input is one product over all frames, and the gradients of weights
/// and input are made over all frames at the end. Only the recurrent part goes frame by frame. Clips
/// do not meet there: a tile takes its clips through all of their frames.
struct PlannedLSTM: PlannedOperation {
    /// Places of the tensors in the flat vector.
    struct Tensors: Sendable {
        let inputWeight: Int
        let hiddenWeight: Int
        let inputBias: Int
        let hiddenBias: Int
    }

    /// Places of the tensors' gradients; nil of those that are frozen.
    struct Gradients: Sendable {
        let inputWeight: Int?
        let hiddenWeight: Int?
        let inputBias: Int?
        let hiddenBias: Int?
    }

    struct Backward: Sendable {
        let dy: BufferID
        let dx: GradientTarget?
        let gradients: Gradients
        /// Gradient of the cells of one frame, (clips, hidden).
        let cells: BufferID
    }

    let name: String
    let clips: Int
    let frames: Int
    let inputs: Int
    let hidden: Int
    let backwardInTime: Bool
    let truncation: Truncation
    let tensors: Tensors
    let x: BufferID
    /// Hidden states, (clips, frames, hidden).
    let y: BufferID
    /// Gates (clips, frames, 4 hidden), then the gradient of what went into them.
    let gates: BufferID
    /// Cells, as `y`.
    let cells: BufferID
    /// The sum of both biases.
    let bias: BufferID
    let backward: Backward?

    /// Frames of a tile of the input's part.
    var tileRows: Int { 64 }
    /// Clips that go through time together. Recurrent weights of few units stay in a core's own
    /// cache; more of them are better read once for several clips.
    var tileClips: Int { hidden < 256 ? 1 : 4 }

    var forwardBuffers: [BufferID] { [x, y, gates, cells, bias] }

    var backwardBuffers: [BufferID] {
        guard let backward else { return [] }
        return [x, y, gates, cells, backward.dy, backward.cells]
            + [backward.dx?.buffer].compactMap(\.self)
    }

    /// The frame at `step` of the direction's time.
    func frame(_ step: Int) -> Int { backwardInTime ? frames - 1 - step : step }

    func forward(_ pass: Pass) {
        let (input, output) = (pass[x], pass[gates])
        lk_add(
            4 * hidden, pass.parameters + tensors.inputBias, pass.parameters + tensors.hiddenBias,
            pass[bias])
        pass.tiles(clips * frames, of: tileRows) { range, _ in
            BLAS.gemm(
                transposeB: true, m: range.count, n: 4 * hidden, k: inputs,
                a: input + range.lowerBound * inputs, lda: inputs,
                b: pass.parameters + tensors.inputWeight, ldb: inputs,
                c: output + range.lowerBound * 4 * hidden, ldc: 4 * hidden)
        }
        pass.tiles(clips, of: tileClips) { range, _ in
            for step in 0..<frames { forwardStep(step, range, pass) }
        }
    }

    private func forwardStep(_ step: Int, _ range: Range<Int>, _ pass: Pass) {
        let now = range.lowerBound * frames + frame(step)
        let before = range.lowerBound * frames + frame(step - 1)
        let (gates, cells, states) = (pass[gates], pass[cells], pass[y])
        if step > 0 {
            BLAS.gemm(
                transposeB: true, m: range.count, n: 4 * hidden, k: hidden,
                a: states + before * hidden, lda: frames * hidden,
                b: pass.parameters + tensors.hiddenWeight, ldb: hidden, beta: 1,
                c: gates + now * 4 * hidden, ldc: frames * 4 * hidden)
        }
        for clip in 0..<range.count {
            let row = now + clip * frames
            var previous: UnsafePointer<Float>?
            if step > 0 { previous = UnsafePointer(cells + (before + clip * frames) * hidden) }
            let place = gates + row * 4 * hidden
            lk_lstm_gates(
                1, hidden, Int32(LK_GATES_IFGO), place, pass[bias], previous, place,
                cells + row * hidden, states + row * hidden, hidden)
        }
    }
}
