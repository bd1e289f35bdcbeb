import CKernels

extension PlannedConvLSTM {
    var cost: OperationCost {
        let states = clips * frames * pixels * hidden
        let gates = 4 * states
        let inputs = clips * frames * pixels * input.shape.in_channels
        let weight = (input.depth + recurrent.depth) * 4 * hidden
        // The first frame meets no state.
        let meetings = clips * (frames - 1) * recurrent.multiplyAdds
        var back = OperationCost.Work.none
        if let backward {
            let carried = (1..<max(frames, 1)).count { !truncation.cuts(before: $0) }
            var multiplyAdds = directions.count * clips * carried * recurrent.multiplyAdds
            // Gates become their gradients; of cells, a frame's own and the one before it are read.
            var floats = directions.count * (2 * gates + 2 * states + 2 * states + weight)
            for (number, direction) in directions.enumerated() {
                if direction.trainsWeight {
                    multiplyAdds += input.multiplyAdds + meetings
                    floats += inputs + states + 2 * gates + weight
                }
                if direction.trainsBias { floats += gates }
                if let dx = backward.dx {
                    multiplyAdds += input.multiplyAdds
                    floats += gates + (number == 0 ? dx.sweeps : 2) * inputs
                }
            }
            back = OperationCost.Work(multiplyAdds: multiplyAdds, floats: floats)
        }
        let kernel = "\(input.shape.kernel_height)x\(input.shape.kernel_width)"
        return OperationCost(
            name: name, kind: .recurrence,
            title: "ConvLSTM \(kernel)" + (directions.count == 2 ? " both" : ""),
            forward: OperationCost.Work(
                multiplyAdds: directions.count * (input.multiplyAdds + meetings),
                // Gates are summed, then applied; of cells and states the former ones are read.
                floats: directions.count * (inputs + 3 * gates + 4 * states + weight)),
            backward: back)
    }
}
