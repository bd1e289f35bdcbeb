import Networks
import Tensors
import Testing

@Suite("What stands before a loss")
struct HeadTests {
    /// A convolution, then means over windows of the map, joined with a mean of another pathway.
    private func network(window: (height: Int, width: Int), evaluation: Bool) -> Network {
        var builder = GraphBuilder(
            input: FeatureShape(time: 3, height: 5, width: 6, channels: 3))
        let y = builder.convolution(
            builder.input, name: "a", channels: 5, kernel: .square(3), padding: .border(1))
        let few = builder.gatherFrames(y, name: "few", frames: [2])
        let pooled = [y, few].enumerated().map { number, value in
            builder.windowAverage(
                value, name: "pool\(number)", height: window.height, width: window.width)
        }
        var z = builder.concatenate(pooled, name: "joined")
        if !evaluation {
            // The loss takes one place.
            z = builder.adaptiveAveragePool(z, name: "one", height: 1, width: 1)
        }
        z = builder.dropout(z, name: "drop", rate: 0.3)
        var logits = builder.linear(
            z, name: "head", features: 4, initialiser: .normal(deviation: 0.1))
        if evaluation { logits = builder.meanProbability(logits, name: "mean") }
        return builder.network(heads: [Graph.Head(logits: logits)], reduction: .clip)
    }

    @Test(
        "window averages and dropout agree with their definitions, and so do their gradients",
        arguments: [(5, 6), (2, 3), (5, 1)])
    func training(height: Int, width: Int) throws {
        try Comparison(network(window: (height, width), evaluation: false)).checkTraining()
    }

    @Test(
        "evaluation averages the probabilities of all places where a window fits",
        arguments: [(5, 6), (2, 3), (5, 1)])
    func evaluation(height: Int, width: Int) throws {
        try Comparison(network(window: (height, width), evaluation: true)).checkEvaluation()
    }

    @Test("logits far apart stay finite where probabilities vanish")
    func extremes() throws {
        var builder = GraphBuilder(
            input: FeatureShape(time: 1, height: 1, width: 2, channels: 3))
        let mean = builder.meanProbability(builder.input, name: "mean")
        let network = builder.network(heads: [Graph.Head(logits: mean)], reduction: .clip)
        let executor = Executor(
            network, clips: 1, mode: .evaluation, pool: try ThreadPool(threads: 1))
        for (index, value) in [3000, 0, -3000, 1000, 0, -1000].enumerated() {
            executor.clips[index] = Float(value)
        }
        _ = executor.evaluate(parameters: ParameterStorage(network.parameters))
        #expect(executor.clipLogits[0] == 0)
        #expect(abs(executor.clipLogits[1] + 1000.6931) < 1e-3)
        #expect(abs(executor.clipLogits[2] + 2000.6931) < 1e-3)
    }

    /// A network that shows what dropout leaves of its input.
    private struct Window {
        let network: Network
        let parameters: ParameterStorage

        init(rate: Double, values: Int) {
            var builder = GraphBuilder(
                input: FeatureShape(time: 1, height: 1, width: 1, channels: values))
            let dropped = builder.dropout(builder.input, name: "drop", rate: rate)
            let shown = builder.linear(
                dropped, name: "show", features: values, initialiser: .constant(0))
            network = builder.network(heads: [Graph.Head(logits: shown)], reduction: .clip)
            parameters = ParameterStorage(network.parameters)
            if let weight = network.parameters["show.weight"] {
                for index in 0..<values {
                    parameters.values[weight.offset + index * (values + 1)] = 1
                }
            }
        }

        /// What is left of ones in clips with these keys.
        func run(_ keys: [UInt64], _ mode: Plan.Mode, threads: Int) throws -> [[Float]] {
            let executor = Executor(
                network, clips: keys.count, mode: mode, pool: try ThreadPool(threads: threads))
            executor.clips.update(repeating: 1)
            for (index, key) in keys.enumerated() { executor.keys[index] = key }
            if mode == .training {
                let tree = network.parameters
                _ = executor.train(
                    parameters: parameters, gradient: FloatBuffer(count: tree.gradientExtent),
                    statistics: FloatBuffer(count: tree.batchStatisticsExtent))
            } else {
                _ = executor.evaluate(parameters: parameters)
            }
            let values = network.graph.classes
            return keys.indices.map {
                Array(executor.clipLogits[$0 * values..<($0 + 1) * values])
            }
        }
    }

    @Test("dropout zeroes its part of the values, and scales the others so that the mean stays")
    func rate() throws {
        let window = Window(rate: 0.25, values: 400)
        let seen = try window.run([3, 4, 5, 6, 7], .training, threads: 2)
        let all = seen.flatMap(\.self)
        #expect(all.allSatisfy { $0 == 0 || abs($0 - 4.0 / 3) < 1e-6 })
        // Five standard deviations of 2000 draws.
        let dropped = Double(all.count { $0 == 0 }) / Double(all.count)
        #expect(abs(dropped - 0.25) < 0.05)
        #expect(Set(seen).count == 5)
    }

    @Test("what dropout drops is a function of a clip's key, not of its place or of threads")
    func keys() throws {
        let window = Window(rate: 0.5, values: 40)
        let seen = try window.run([1, 2, 3], .training, threads: 1)
        #expect(try window.run([1, 2, 3], .training, threads: 3) == seen)
        #expect(try window.run([3, 1], .training, threads: 2) == [seen[2], seen[0]])
    }

    @Test("evaluation drops nothing")
    func evaluationKeeps() throws {
        let seen = try Window(rate: 0.5, values: 40).run([1, 2], .evaluation, threads: 1)
        #expect(seen.flatMap(\.self).allSatisfy { $0 == 1 })
    }
}
