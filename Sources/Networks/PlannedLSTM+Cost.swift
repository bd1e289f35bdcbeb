extension PlannedLSTM {
    var cost: OperationCost {
        let states = clips * frames * hidden
        let gates = 4 * states
        let weight = 4 * hidden * (inputs + hidden)
        let projection = clips * frames * 4 * hidden * inputs
        // The first frame meets no state.
        let meeting = clips * 4 * hidden * hidden
        var back = OperationCost.Work.none
        if let backward {
            let carried = (1..<max(frames, 1)).count { !truncation.cuts(before: $0) }
            var multiplyAdds = carried * meeting
            var floats = 2 * gates + 4 * states + weight
            if backward.gradients.inputWeight != nil {
                multiplyAdds += projection
                floats += clips * frames * inputs + gates + 4 * hidden * inputs
            }
            if backward.gradients.hiddenWeight != nil {
                multiplyAdds += (frames - 1) * meeting
                floats += states + gates + 4 * hidden * hidden
            }
            if let dx = backward.dx {
                multiplyAdds += projection
                floats += gates + dx.sweeps * clips * frames * inputs
            }
            back = OperationCost.Work(multiplyAdds: multiplyAdds, floats: floats)
        }
        return OperationCost(
            name: name, kind: .recurrence,
            title: "LSTM " + (backwardInTime ? "backward" : "forward"),
            forward: OperationCost.Work(
                multiplyAdds: projection + (frames - 1) * meeting,
                floats: clips * frames * inputs + 3 * gates + 4 * states + weight),
            backward: back)
    }
}
