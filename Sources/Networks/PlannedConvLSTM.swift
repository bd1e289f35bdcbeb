import CKernels
import Tensors

/// Convolutional LSTMs over one input: one direction of time, or both side by side.
///
/// The weight is split: what it does to the input is one convolution over all frames, and the
/// gradients of both parts are made over all frames at the end. Only the recurrent part goes frame
/// by frame, and a tile applies the gates to its pixels as soon as it has summed them.
struct PlannedConvLSTM: PlannedOperation {
    struct Direction: Sendable {
        let backwardInTime: Bool
        /// Places of the tensors in the flat vector.
        let weight: Int
        let bias: Int
        let trainsWeight: Bool
        let trainsBias: Bool
        /// Hidden states (clips, frames, height, width, hidden), and their gradient.
        let y: BufferID
        let dy: BufferID?
        /// Gates (clips, frames, height, width, 4 hidden), then the gradient of what went into
        /// them.
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
    let truncation: Truncation
    let directions: [Direction]
    /// The input's part, over all images.
    let input: TiledConvolution
    /// The recurrent part of one image.
    let recurrent: TiledConvolution
    /// The recurrent part over all clips as seen by the weight: frame t meets the state of the
    /// frame before it, in each direction's time.
    let recurrentForward: TiledConvolution
    let recurrentBackward: TiledConvolution
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

    var pixels: Int { recurrent.rows }
    /// Floats from the input's part of a weight to the recurrent part.
    var hiddenOffset: Int { input.shape.in_channels * input.taps }

    /// The frame at `step` of a direction's time.
    func frame(_ direction: Direction, _ step: Int) -> Int {
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
            ) { _, _ in }
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
}
