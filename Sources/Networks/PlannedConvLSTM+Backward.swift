import CKernels
import Tensors

extension PlannedConvLSTM {
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
            if direction.trainsWeight { weightGradient(backward, direction, pass) }
            if direction.trainsBias { biasGradient(backward, direction, pass) }
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
        let carries = step < frames - 1 && !truncation.cuts(before: step + 1)
        if carries {
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
            cells + first * hidden, dy + first * hidden, hidden, carries ? cellGradient : nil,
            gates,
            cellGradient)
    }

    private func weightGradient(
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
    }

    private func biasGradient(_ backward: Backward, _ direction: Direction, _ pass: Pass) {
        let gates = pass[direction.gates]
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
