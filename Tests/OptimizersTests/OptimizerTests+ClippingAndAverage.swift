import Configuration
import Networks
import Optimizers
import Tensors
import Testing

extension OptimizerTests {
    private var plainRule: OptimizerConfiguration {
        OptimizerConfiguration(
            method: .sgd(momentum: 0, nesterov: false), rate: 0.1, decay: 0)
    }

    @Test(
        "scales a gradient down to the norm that it may have, and a smaller one not at all",
        arguments: [(0.5, true), (1000, false)])
    func clipping(limit: Double, shrinks: Bool) throws {
        let storage = ParameterStorage(tree)
        let gradient = FloatBuffer(count: tree.trainableExtent)
        CounterRandom(seed: 5).fillNormal(gradient.floats)
        // What lies between tensors is no gradient.
        var norm = 0.0
        for parameter in tree.trainable {
            for place in parameter.range {
                let mean = Double(gradient[place]) / Double(clips)
                norm += mean * mean
            }
        }
        norm = norm.squareRoot()
        #expect((norm > limit) == shrinks)
        Optimizer(plainRule, for: tree, clipNorm: limit).apply(
            gradient, clips: clips, update: 0, rate: rate, to: storage,
            pool: try ThreadPool(threads: 3))
        let factor = shrinks ? limit / (norm + 1e-6) : 1
        for parameter in tree.trainable {
            for place in parameter.range {
                let want = -rate * factor * Double(gradient[place]) / Double(clips)
                #expect(abs(Double(storage.values[place]) - want) < 1e-7)
            }
        }
    }

    @Test("keeps the weights' moving average, which begins as the first weights")
    func average() throws {
        let storage = ParameterStorage(tree)
        let optimizer = Optimizer(plainRule, for: tree, averageDecay: 0.15)
        #expect(optimizer.state.map(\.name) == ["average"])
        let gradient = FloatBuffer(count: tree.trainableExtent)
        var average = [Double](repeating: 0, count: gradient.count)
        let pool = try ThreadPool(threads: 2)
        for update in 0..<4 {
            CounterRandom(seed: UInt64(update)).fillNormal(gradient.floats)
            optimizer.apply(
                gradient, clips: clips, update: update, rate: rate, to: storage, pool: pool)
            let decay = [0, 1.0 / 11, 0.15, 0.15][update]
            for parameter in tree.trainable {
                for place in parameter.range {
                    average[place] =
                        decay * average[place] + (1 - decay) * Double(storage.values[place])
                    #expect(abs(Double(optimizer.state[0].values[place]) - average[place]) < 1e-6)
                }
            }
        }
    }
}
