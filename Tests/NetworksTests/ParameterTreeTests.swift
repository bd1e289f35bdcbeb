import Networks
import Tensors
import Testing

@Suite("A parameter tree")
struct ParameterTreeTests {
    private let tree = ParameterTree([
        Parameter(
            name: "b.weight", shape: [4, 3, 3, 3], role: .trainable(decays: true),
            initialiser: .kaimingNormal),
        Parameter(
            name: "a.weight", shape: [5], role: .trainable(decays: false),
            initialiser: .constant(1)),
        Parameter(
            name: "B.weight", shape: [64, 32, 3, 3], role: .trainable(decays: true),
            initialiser: .xavierNormal),
        Parameter(
            name: "a.running_var", shape: [5], role: .runningVariance, initialiser: .constant(1)),
        Parameter(
            name: "a.running_mean", shape: [5], role: .runningMean, initialiser: .constant(0)),
    ])

    @Test("lists tensors by the bytes of their names, each from a cache line on")
    func order() {
        #expect(tree.trainable.map(\.name) == ["B.weight", "a.weight", "b.weight"])
        #expect(tree.trainable.map(\.offset) == [0, 18_432, 18_448])
        #expect(tree.trainableExtent == 18_448 + 112)
        #expect(tree.statistics.map(\.offset) == [0, 16])
        #expect(tree.statisticsExtent == 32)
        #expect(tree.trainableCount == 18_432 + 5 + 108)
    }

    @Test("finds a tensor of either role by name")
    func lookup() {
        #expect(tree["b.weight"]?.shape == [4, 3, 3, 3])
        #expect(tree["a.running_mean"]?.role == .runningMean)
        #expect(tree["c.weight"] == nil)
    }

    @Test("draws first values from seed and name alone")
    func initialisation() {
        let (one, two, other) = (
            ParameterStorage(tree), ParameterStorage(tree), ParameterStorage(tree)
        )
        tree.initialise(one, seed: 1)
        tree.initialise(two, seed: 1)
        tree.initialise(other, seed: 2)
        #expect(one.values.array == two.values.array)
        #expect(one.values.array != other.values.array)
        let smaller = ParameterTree([tree.trainable[2]])
        let alone = ParameterStorage(smaller)
        smaller.initialise(alone, seed: 1)
        #expect(alone.values.array.prefix(108) == one.values.array[18_448..<18_448 + 108])
        #expect(
            one.statistics.array == Array(repeating: 0, count: 16)
                + Array(repeating: 1, count: 5) + Array(repeating: 0, count: 11))
    }

    @Test("draws with the deviations of Kaiming and Xavier")
    func deviations() {
        let storage = ParameterStorage(tree)
        tree.initialise(storage, seed: 4)
        let values = storage.values.array[0..<18_432].map(Double.init)
        let deviation = (values.reduce(0) { $0 + $1 * $1 } / 18_432).squareRoot()
        #expect(abs(deviation - (2.0 / (96 * 9)).squareRoot()) < 0.001)
    }

    @Test("draws uniformly between the bounds")
    func uniform() {
        let tree = ParameterTree([
            Parameter(
                name: "a.weight", shape: [100, 100], role: .trainable(decays: true),
                initialiser: .uniform(bound: 0.5))
        ])
        let storage = ParameterStorage(tree)
        tree.initialise(storage, seed: 4)
        let values = storage.values.array[0..<10_000].map(Double.init)
        #expect(values.allSatisfy { -0.5 <= $0 && $0 < 0.5 })
        let mean = values.reduce(0, +) / 10_000
        let variance = values.reduce(0) { $0 + $1 * $1 } / 10_000
        #expect(abs(mean) < 0.01)
        #expect(abs(variance - 1.0 / 12) < 0.002)
    }
}
