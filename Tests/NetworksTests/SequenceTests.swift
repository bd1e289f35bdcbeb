import Networks
import Tensors
import Testing

/// Forward pass and gradients of operations on sequences of frames, as in `GradientTests`.
@Suite("Operations on sequences agree with their definitions")
struct SequenceTests {
    /// A linear layer and a head around `body`, so that its input has a gradient.
    private func network(
        frames: Int, channels: Int, _ body: (inout GraphBuilder, Graph.Value) -> Graph.Value
    ) -> Network {
        let shape = FeatureShape(time: frames, height: 1, width: 1, channels: 3)
        var builder = GraphBuilder(input: shape)
        let x = builder.linear(
            builder.input, name: "a", features: channels, initialiser: .normal(deviation: 0.1))
        let logits = builder.linear(
            body(&builder, x), name: "head", features: 4, initialiser: .normal(deviation: 0.1))
        return builder.network(heads: [Graph.Head(logits: logits)], reduction: .frame)
    }

    private func check(_ network: Network, clips: Int = 3) throws {
        try Comparison(network, clips: clips).checkTraining()
        try Comparison(network, clips: clips).checkEvaluation()
    }

    @Test(
        "LSTMs in one and both directions of time, and on a single frame",
        arguments: [[false], [true], [false, true]], [1, 2, 5])
    func lstm(directions: [Bool], frames: Int) throws {
        let network = network(frames: frames, channels: 6) { builder, x in
            let runs = directions.map {
                builder.lstm(x, name: "lstm", hidden: 5, backward: $0)
            }
            return runs.count == 1 ? runs[0] : builder.concatenate(runs, name: "both")
        }
        try check(network)
    }

    @Test("LSTMs on top of each other")
    func stack() throws {
        let network = network(frames: 4, channels: 3) { builder, x in
            let first = builder.lstm(x, name: "first", hidden: 4, backward: true)
            return builder.lstm(first, name: "second", hidden: 3, backward: false)
        }
        try check(network)
    }

    @Test("LSTMs of so many units that clips go through time together")
    func wideLSTM() throws {
        let network = network(frames: 3, channels: 2) { builder, x in
            builder.lstm(x, name: "lstm", hidden: 257, backward: false)
        }
        // Two tiles, the second one smaller.
        let comparison = Comparison(network, clips: 5)
        let all = comparison.run(try comparison.executor(.training, threads: 2))
        let want = comparison.reference(training: true).run(
            comparison.input.map(Double.init), labels: comparison.labels)
        expectClose(all.logits, want.logits, within: 1e-5, "logits")
        var sum = [Double](repeating: 0, count: network.parameters.trainableExtent)
        let alone = Executor(
            network, clips: 1, mode: .training, pool: try ThreadPool(threads: 1))
        let gradient = FloatBuffer(count: sum.count)
        for clip in 0..<5 {
            for place in alone.clips.indices {
                alone.clips[place] = comparison.input[clip * alone.clips.count + place]
            }
            alone.labels[0] = Int64(comparison.labels[clip])
            _ = alone.train(
                parameters: comparison.parameters, gradient: gradient,
                statistics: FloatBuffer(count: 0))
            for (place, value) in gradient.array.enumerated() { sum[place] += Double(value) }
        }
        expectClose(all.gradient.array, sum, within: 1e-5, "gradient")
    }

    @Test("layer norm of few and of many rows", arguments: [1, 7], [2, 5, 33])
    func layerNorm(frames: Int, channels: Int) throws {
        let network = network(frames: frames, channels: channels) { builder, x in
            builder.layerNorm(x, name: "norm")
        }
        try check(network)
    }

    @Test("attention of one and several heads", arguments: [1, 2, 3], [1, 4, 9])
    func attention(heads: Int, frames: Int) throws {
        let network = network(frames: frames, channels: 18) { builder, x in
            builder.attention(x, name: "attention", heads: heads)
        }
        try check(network)
    }

    @Test("positions, beside another reader of what they are added to")
    func positions() throws {
        let network = network(frames: 6, channels: 6) { builder, x in
            builder.add(builder.positions(x, name: "positions"), x)
        }
        try check(network)
    }

    @Test("gradients that meet in one value, whichever operation reaches it first")
    func meeting() throws {
        let network = network(frames: 5, channels: 12) { builder, x in
            let parts = [
                builder.layerNorm(x, name: "norm"), builder.positions(x, name: "positions"),
                builder.attention(x, name: "attention", heads: 2),
                builder.lstm(x, name: "lstm", hidden: 3, backward: false),
                builder.lstm(x, name: "lstm", hidden: 3, backward: true),
                builder.layerNorm(x, name: "other"),
            ]
            return builder.concatenate(parts, name: "joined")
        }
        try check(network)
    }
}
