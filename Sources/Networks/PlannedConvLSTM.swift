import CKernels
import Tensors

/// Convolutional LSTMs over one input: one direction of time, or both side by side.
///
/// The weight is split: what it does to the input is one convolution over all frames, and the gradients
/// of both parts are made over all frames at the end. Only the recurrent part goes frame by frame, and a
/// tile applies the gates to its pixels as soon as it has summed them.
struct PlannedConvLSTM: PlannedOperation {
    struct Direction: Sendable {
        let backwardInTime: Bool
        /// Places of the tensors in the flat vector.
        let weight: Int
        let bias: Int
        /// Hidden states (clips, frames, height, width, hidden), and their gradient.
        let y: BufferID
        let dy: BufferID?
        /// Gates (clips, frames, height, width, 4 hidden), then the gradient of what went into them.
        let gates: BufferID
        /// Cells, as `y`.
        let cells: BufferID
        let packedInput: BufferID
        let packedHidden: BufferID
    }

    struct Backward: Sendable {
        let dx: GradientTarget?
        /// Gradient of the cells of one frame, a block a direction.
        let cells: BufferID
        /// Packed weights: used by one direction after another.
        let packedInput: BufferID
        /// Packed recurrent weights, a block a direction.
        let packedHidden: BufferID
        let partials: BufferID
        let biasSums: BufferID
    }

    let name: String
    let clips: Int
    let frames: Int
    let hidden: Int
    let directions: [Direction]
    /// The input's part, over all images.
    let input: IndirectConvolution
    /// The recurrent part of one image.
    let recurrent: IndirectConvolution
    /// The recurrent part over all clips as seen by the weight: frame t meets the state of the frame
    /// before it, in each direction's time.
    let recurrentForward: IndirectConvolution
    let recurrentBackward: IndirectConvolution
    let layout: WeightLayout
    let x: BufferID
    let backward: Backward?

    var scratchBytes: Int { max(input.scratchBytes, recurrent.scratchBytes) }

    var forwardBuffers: [BufferID] {
        [x] + directions.flatMap { [$0.y, $0.gates, $0.cells, $0.packedInput, $0.packedHidden] }
    }

    var backwardBuffers: [BufferID] {
        guard let backward else { return [] }
        return [
            x, backward.cells, backward.packedInput, backward.packedHidden, backward.partials,
            backward.biasSums,
        ]
            + directions.flatMap { [$0.y, $0.gates, $0.cells] }
            + directions.compactMap(\.dy) + [backward.dx?.buffer].compactMap(\.self)
    }

    private var pixels: Int { recurrent.rows }
    /// Floats from the input's part of a weight to the recurrent part.
    private var hiddenOffset: Int { input.shape.in_channels * input.taps }

    /// The frame at `step` of a direction's time.
    private func frame(_ direction: Direction, _ step: Int) -> Int {
        direction.backwardInTime ? frames - 1 - step : step
    }

    func forward(_ pass: Pass) {
        for direction in directions {
            let weight = pass.parameters + direction.weight
            input.pack(weight, layout, into: pass[direction.packedInput], pass)
            recurrent.pack(
                weight + hiddenOffset, layout, into: pass[direction.packedHidden], pass)
            input.forward(
                pass[x], pass[direction.packedInput], pass[direction.gates], pass
            ) { _, _, _ in }
        }
        let tiles = recurrent.rowTiles
        for step in 0..<frames {
            pass.pool.run(tiles: directions.count * clips * tiles) { index, thread in
                forwardTile(
                    directions[index / (clips * tiles)], clip: index / tiles % clips, step: step,
                    rows: (index % tiles).range(of: recurrent.tileRows, in: pixels), pass,
                    pass.scratch(of: thread))
            }
        }
    }

    private func forwardTile(
        _ direction: Direction, clip: Int, step: Int, rows: Range<Int>, _ pass: Pass,
        _ scratch: UnsafeMutableRawPointer
    ) {
        let image = clip * frames + frame(direction, step)
        let first = image * pixels + rows.lowerBound
        let gates = pass[direction.gates] + first * 4 * hidden
        var previousCells: UnsafePointer<Float>?
        if step > 0 {
            let before = clip * frames + frame(direction, step - 1)
            recurrent.multiply(
                pass[direction.y] + before * pixels * hidden, pass[direction.packedHidden], rows,
                0..<4 * hidden, gates, accumulate: true, zeros: pass.zeros, scratch: scratch)
            previousCells = UnsafePointer(
                pass[direction.cells] + (before * pixels + rows.lowerBound) * hidden)
        }
        lk_lstm_gates(
            rows.count, hidden, Int32(LK_GATES_IFOG), gates,
            pass.parameters + direction.bias, previousCells, gates,
            pass[direction.cells] + first * hidden, pass[direction.y] + first * hidden, hidden)
    }

    func backward(_ pass: Pass) {
        guard let backward else { return }
        for (number, direction) in directions.enumerated() {
            recurrent.packTransposed(
                pass.parameters + direction.weight + hiddenOffset, layout,
                into: pass[backward.packedHidden] + number * recurrent.packedTransposedCount,
                pass)
        }
        let tiles = recurrent.rowTiles
        for step in (0..<frames).reversed() {
            pass.pool.run(tiles: directions.count * clips * tiles) { index, thread in
                backwardTile(
                    backward, direction: index / (clips * tiles), clip: index / tiles % clips,
                    step: step,
                    rows: (index % tiles).range(of: recurrent.tileRows, in: pixels), pass,
                    pass.scratch(of: thread))
            }
        }
        for (number, direction) in directions.enumerated() {
            parameterGradients(backward, direction, pass)
            inputGradient(backward, direction, first: number == 0, pass)
        }
    }

    private func backwardTile(
        _ backward: Backward, direction number: Int, clip: Int, step: Int, rows: Range<Int>,
        _ pass: Pass, _ scratch: UnsafeMutableRawPointer
    ) {
        let direction = directions[number]
        guard let dy = direction.dy.map({ pass[$0] }) else { return }
        let image = clip * frames + frame(direction, step)
        let first = image * pixels + rows.lowerBound
        let last = step == frames - 1
        if !last {
            let after = clip * frames + frame(direction, step + 1)
            recurrent.transposedMultiply(
                recurrent.residues[0],
                pass[direction.gates] + after * pixels * 4 * hidden,
                pass[backward.packedHidden] + number * recurrent.packedTransposedCount, rows,
                0..<hidden, dy + image * pixels * hidden, accumulate: true, zeros: pass.zeros,
                scratch: scratch)
        }
        let gates = pass[direction.gates] + first * 4 * hidden
        let cells = pass[direction.cells]
        var previousCells: UnsafePointer<Float>?
        if step > 0 {
            let before = clip * frames + frame(direction, step - 1)
            previousCells = UnsafePointer(cells + (before * pixels + rows.lowerBound) * hidden)
        }
        let cellGradient =
            pass[backward.cells]
            + ((number * clips + clip) * pixels + rows.lowerBound) * hidden
        lk_lstm_gates_backward(
            rows.count, hidden, Int32(LK_GATES_IFOG), gates, previousCells,
            cells + first * hidden, dy + first * hidden, hidden, last ? nil : cellGradient, gates,
            cellGradient)
    }

    private func parameterGradients(
        _ backward: Backward, _ direction: Direction, _ pass: Pass
    ) {
        let gates = pass[direction.gates]
        let weight = pass.gradient + direction.weight
        let partials = pass[backward.partials]
        input.weightGradient(pass[x], gates, partials: partials, into: weight, layout, pass)
        let shifted = direction.backwardInTime ? recurrentBackward : recurrentForward
        shifted.weightGradient(
            pass[direction.y], gates, partials: partials, into: weight + hiddenOffset, layout,
            pass)
        let sums = pass[backward.biasSums]
        let rows = frames * pixels
        pass.tiles(clips, of: 1) { range, _ in
            let place = sums + range.lowerBound * 4 * hidden
            lk_fill(4 * hidden, 0, place)
            lk_add_row_sums(
                rows, 4 * hidden, gates + range.lowerBound * rows * 4 * hidden, 4 * hidden, place)
        }
        let bias = pass.gradient + direction.bias
        lk_fill(4 * hidden, 0, bias)
        for clip in 0..<clips { lk_add_to(4 * hidden, sums + clip * 4 * hidden, bias) }
    }

    private func inputGradient(
        _ backward: Backward, _ direction: Direction, first: Bool, _ pass: Pass
    ) {
        guard let dx = backward.dx else { return }
        let packed = pass[backward.packedInput]
        input.packTransposed(pass.parameters + direction.weight, layout, into: packed, pass)
        input.inputGradient(
            pass[direction.gates], packed, pass[dx.buffer],
            accumulate: dx.accumulates || !first, pass)
    }
}
