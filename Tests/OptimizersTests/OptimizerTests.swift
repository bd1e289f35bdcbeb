import Configuration
import Networks
import Optimizers
import Tensors
import Testing

@Suite("An optimiser")
struct OptimizerTests {
    /// A tensor that decays and one that does not, with a gap between them.
    let tree = ParameterTree([
        Parameter(
            name: "conv", shape: [3, 7], role: .trainable(decays: true),
            initialiser: .constant(1)),
        Parameter(
            name: "norm", shape: [5], role: .trainable(decays: false), initialiser: .constant(1)),
    ])

    let clips = 4
    let rate = 0.05

    /// Three updates here, and by `formula` for each element in double precision:
    /// (weight, gradient, decay, moments, update).
    private func check(
        _ configuration: OptimizerConfiguration,
        _ formula: (inout Double, Double, Double, inout (Double, Double), Int) -> Void
    ) throws {
        let storage = ParameterStorage(tree)
        let random = CounterRandom(seed: 5)
        random.fillNormal(storage.values.floats)
        var weights = storage.values.array.map(Double.init)
        var moments = [(Double, Double)](repeating: (0, 0), count: weights.count)
        let optimizer = Optimizer(configuration, for: tree)
        let pool = try ThreadPool(threads: 2)
        let gradient = FloatBuffer(count: tree.trainableExtent)
        for update in 0..<3 {
            random.fillNormal(gradient.floats, first: UInt64(1000 * (update + 1)))
            optimizer.apply(
                gradient, clips: clips, update: update, rate: rate, to: storage, pool: pool)
            for parameter in tree.trainable {
                let decay = parameter.decays ? configuration.decay : 0
                for place in parameter.range {
                    formula(
                        &weights[place], Double(gradient[place]) / Double(clips), decay,
                        &moments[place], update)
                }
            }
        }
        for parameter in tree.trainable {
            for place in parameter.range {
                #expect(abs(Double(storage.values[place]) - weights[place]) < 1e-6)
            }
        }
    }

    @Test("does SGD with momentum as PyTorch does", arguments: [false, true])
    func momentum(nesterov: Bool) throws {
        try check(
            OptimizerConfiguration(
                method: .sgd(momentum: 0.9, nesterov: nesterov), rate: rate, decay: 0.01)
        ) { weight, gradient, decay, moments, _ in
            let g = gradient + decay * weight
            moments.0 = 0.9 * moments.0 + g
            weight -= rate * (nesterov ? g + 0.9 * moments.0 : moments.0)
        }
    }

    @Test("does SGD without momentum, and keeps no state for it")
    func plain() throws {
        let configuration = OptimizerConfiguration(
            method: .sgd(momentum: 0, nesterov: false), rate: rate, decay: 0.01)
        #expect(Optimizer(configuration, for: tree).state.isEmpty)
        try check(configuration) { weight, gradient, decay, _, _ in
            weight -= rate * (gradient + decay * weight)
        }
    }

    @Test("does Adam and AdamW as PyTorch does", arguments: [false, true])
    func adam(decoupled: Bool) throws {
        let (beta1, beta2, epsilon) = (0.9, 0.99, 1e-6)
        try check(
            OptimizerConfiguration(
                method: .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, decoupled: decoupled),
                rate: rate, decay: 0.02)
        ) { weight, gradient, decay, moments, update in
            if decoupled { weight -= rate * decay * weight }
            let g = decoupled ? gradient : gradient + decay * weight
            moments.0 = beta1 * moments.0 + (1 - beta1) * g
            moments.1 = beta2 * moments.1 + (1 - beta2) * g * g
            var (power1, power2) = (1.0, 1.0)
            for _ in 0...update {
                power1 *= beta1
                power2 *= beta2
            }
            let first = moments.0 / (1 - power1)
            let second = moments.1 / (1 - power2)
            weight -= rate * first / (second.squareRoot() + epsilon)
        }
    }

    @Test("names its state for checkpoints, each as long as the weights")
    func state() {
        let sgd = Optimizer(OptimizerConfiguration(), for: tree)
        #expect(sgd.state.map(\.name) == ["momentum"])
        let adam = Optimizer(
            OptimizerConfiguration(
                method: .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: true)),
            for: tree)
        #expect(adam.state.map(\.name) == ["first_moment", "second_moment"])
        #expect(adam.state.allSatisfy { $0.values.count == tree.trainableExtent })
    }

    @Test("gives the same bits on any number of threads")
    func threads() throws {
        let large = ParameterTree([
            Parameter(
                name: "w", shape: [70_001], role: .trainable(decays: true),
                initialiser: .normal(deviation: 1))
        ])
        let results = try [1, 3].map { threads in
            let storage = ParameterStorage(large)
            large.initialise(storage, seed: 1)
            let gradient = FloatBuffer(storage.values.array)
            Optimizer(OptimizerConfiguration(), for: large).apply(
                gradient, clips: 3, update: 0, rate: 0.1, to: storage,
                pool: try ThreadPool(threads: threads))
            return storage.values.array
        }
        #expect(results[0] == results[1])
    }
}

@Suite("Running statistics")
struct RunningStatisticsTests {
    @Test("keep nine tenths and take one tenth of the batch's mean")
    func update() {
        let tree = ParameterTree([
            Parameter(
                name: "mean", shape: [2], role: .runningMean, initialiser: .constant(0))
        ])
        let storage = ParameterStorage(tree)
        storage.statistics[0] = 10
        storage.statistics[1] = -1
        let sums = FloatBuffer([20, 8] + Array(repeating: 0, count: 14))
        RunningStatistics.update(storage, from: sums, clips: 4)
        #expect(abs(storage.statistics[0] - 9.5) < 1e-6)
        #expect(abs(storage.statistics[1] + 0.7) < 1e-6)
    }
}
