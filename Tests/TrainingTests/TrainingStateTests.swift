import Checkpoints
import Networks
import Tensors
import Testing
import Training

@Suite("A training state")
struct TrainingStateTests {
    private let layout = TrainingState.Layout(
        tree: ParameterTree([
            Parameter(
                name: "a.weight", shape: [3, 5], role: .trainable(decays: true),
                initialiser: .constant(1)),
            Parameter(
                name: "a.running_mean", shape: [3], role: .runningMean, initialiser: .constant(0)),
        ]), optimizerVectors: ["momentum"])

    @Test("a copy keeps its bits when the original changes")
    func copies() {
        let state = TrainingState(layout: layout)
        state.parameters.values[3] = 2.5
        let copy = state.copy()
        #expect(copy.digest == state.digest)
        state.optimizer[0][1] = 1
        #expect(copy.digest != state.digest)
        state.assign(copy.vectors)
        #expect(copy.digest == state.digest)
    }

    @Test(
        "is saved as tensors of their own shapes and names, the optimiser's under its vector's name"
    )
    func tensors() {
        let state = TrainingState(layout: layout)
        #expect(state.modelTensors.map(\.name) == ["a.weight", "a.running_mean"])
        #expect(state.modelTensors.map(\.shape) == [[3, 5], [3]])
        #expect(state.optimizerTensors.map(\.name) == ["momentum/a.weight"])
    }
}
