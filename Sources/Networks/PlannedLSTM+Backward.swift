import CKernels
import Tensors

extension PlannedLSTM {
    private var tileOutputs: Int { 64 }

    func backward(_ pass: Pass) {
        guard let backward else { return }
        pass.tiles(clips, of: tileClips) { range, _ in
            for step in (0..<frames).reversed() { backwardStep(backward, step, range, pass) }
        }
        pass.tiles(4 * hidden, of: tileOutputs) { range, _ in
            parameterGradients(backward.gradients, range, pass)
        }
        guard let dx = backward.dx else { return }
        let (gradient, target) = (pass[gates], pass[dx.buffer])
        pass.tiles(clips * frames, of: tileRows) { range, _ in
            BLAS.gemm(
                m: range.count, n: inputs, k: 4 * hidden,
                a: gradient + range.lowerBound * 4 * hidden, lda: 4 * hidden,
                b: pass.parameters + tensors.inputWeight, ldb: inputs,
                beta: dx.accumulates ? 1 : 0, c: target + range.lowerBound * inputs, ldc: inputs)
        }
    }

    private func backwardStep(
        _ backward: Backward, _ step: Int, _ range: Range<Int>, _ pass: Pass
    ) {
        let now = range.lowerBound * frames + frame(step)
        let (gates, cells, dy) = (pass[gates], pass[cells], pass[backward.dy])
        let carries = step < frames - 1 && !truncation.cuts(before: step + 1)
        if carries {
            let after = range.lowerBound * frames + frame(step + 1)
            BLAS.gemm(
                m: range.count, n: hidden, k: 4 * hidden, a: gates + after * 4 * hidden,
                lda: frames * 4 * hidden, b: pass.parameters + tensors.hiddenWeight, ldb: hidden,
                beta: 1, c: dy + now * hidden, ldc: frames * hidden)
        }
        for clip in 0..<range.count {
            let row = now + clip * frames
            let place = gates + row * 4 * hidden
            let cellGradient = pass[backward.cells] + (range.lowerBound + clip) * hidden
            var previous: UnsafePointer<Float>?
            if step > 0 {
                let before = (range.lowerBound + clip) * frames + frame(step - 1)
                previous = UnsafePointer(cells + before * hidden)
            }
            lk_lstm_gates_backward(
                1, hidden, Int32(LK_GATES_IFGO), place, previous, cells + row * hidden,
                dy + row * hidden, hidden, carries ? cellGradient : nil, place, cellGradient)
        }
    }

    /// The gradients of some rows of all tensors, over all frames.
    private func parameterGradients(
        _ places: Gradients, _ range: Range<Int>, _ pass: Pass
    ) {
        let first = range.lowerBound
        let gradient = pass[gates] + first
        if let place = places.inputWeight {
            BLAS.gemm(
                transposeA: true, m: range.count, n: inputs, k: clips * frames, a: gradient,
                lda: 4 * hidden, b: pass[x], ldb: inputs,
                c: pass.gradient + place + first * inputs, ldc: inputs)
        }
        if let place = places.hiddenWeight {
            recurrentGradient(range, into: pass.gradient + place + first * hidden, pass)
        }
        if let place = places.inputBias { biasGradient(range, into: pass.gradient + place, pass) }
        if let place = places.hiddenBias { biasGradient(range, into: pass.gradient + place, pass) }
    }

    private func biasGradient(
        _ range: Range<Int>, into gradient: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        let bias = gradient + range.lowerBound
        lk_fill(range.count, 0, bias)
        lk_add_row_sums(
            clips * frames, range.count, pass[gates] + range.lowerBound, 4 * hidden, bias)
    }

    private func recurrentGradient(
        _ range: Range<Int>, into recurrent: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        let gradient = pass[gates] + range.lowerBound
        lk_fill(range.count * hidden, 0, recurrent)
        // Each frame but a clip's first meets the state of the one before it.
        let (frame, state) = backwardInTime ? (0, 1) : (1, 0)
        for clip in 0..<clips where frames > 1 {
            BLAS.gemm(
                transposeA: true, m: range.count, n: hidden, k: frames - 1,
                a: gradient + (clip * frames + frame) * 4 * hidden, lda: 4 * hidden,
                b: pass[y] + (clip * frames + state) * hidden, ldb: hidden, beta: 1,
                c: recurrent, ldc: hidden)
        }
    }
}
