import Networks
import Tensors
import Testing

@Suite("Bits of a pass")
struct DeterminismTests {
    /// A small two-branch network whose layers are cut in every way: by rows, columns and parts.
    private func comparison(clips: Int = 5) -> Comparison {
        let shape = FeatureShape(time: 4, height: 20, width: 20, channels: 3)
        var builder = GraphBuilder(input: shape)
        let few = builder.gatherFrames(builder.input, name: "few", frames: [0, 3])
        var x = builder.convolution(
            few, name: "stem", channels: 16, kernel: .square(7), stride: .square(2),
            padding: .border(3))
        x = builder.relu(builder.batchNorm(x, name: "stem.bn"))
        var y = builder.convolution(
            x, name: "wide", channels: 130, kernel: .square(3), stride: .square(4),
            padding: .border(1))
        y = builder.relu(builder.batchNorm(y, name: "wide.bn"))
        var many = builder.convolution(x, name: "many", channels: 32, kernel: .one)
        many = builder.convolution(
            many, name: "square", channels: 160, kernel: .square(3), padding: .border(1))
        many = builder.relu(builder.batchNorm(many, name: "square.bn"))
        many = builder.convolution(
            builder.repeatFrames(many, name: "four", times: 2), name: "frames", channels: 144,
            kernel: Extent(3, 1, 1), padding: Extent(1, 0, 0))
        many = builder.adaptiveAveragePool(many, name: "many.pool", height: 1, width: 1)
        y = builder.repeatFrames(
            builder.adaptiveAveragePool(y, name: "pool", height: 1, width: 1), name: "repeat",
            times: 2)
        var z = builder.convolution(builder.input, name: "point", channels: 6, kernel: .one)
        z = builder.averagePool2(
            builder.relu(builder.batchNorm(z, name: "point.bn")), name: "halve")
        let runs = [false, true].map {
            builder.convLSTM(z, name: "lstm.\($0)", hidden: 5, backward: $0)
        }
        let flat = runs.enumerated().map { number, run in
            builder.flatten(
                builder.adaptiveAveragePool(run, name: "bins\(number)", height: 2, width: 2),
                name: "flat\(number)")
        }
        let sequence = builder.flatten(
            builder.adaptiveAveragePool(z, name: "bins", height: 2, width: 2), name: "sequence")
        let states = [false, true].map {
            builder.lstm(sequence, name: "states", hidden: 7, backward: $0, bptt: 3)
        }
        var attended = builder.linear(
            builder.positions(sequence, name: "positions"), name: "project", features: 36,
            initialiser: .normal(deviation: 0.1))
        attended = builder.attention(attended, name: "attention", heads: 3)
        let joined = builder.concatenate(
            [builder.flatten(y, name: "flat"), builder.flatten(many, name: "many.flat")] + flat
                + states
                + [builder.layerNorm(attended, name: "norm")],
            name: "joined")
        let logits = builder.linear(
            joined, name: "head", features: 7, initialiser: .normal(deviation: 0.1))
        return Comparison(
            builder.network(heads: [Graph.Head(logits: logits)], reduction: .clip), clips: clips)
    }

    @Test("do not depend on the number of threads")
    func threads() throws {
        let comparison = comparison()
        let one = comparison.run(try comparison.executor(.training, threads: 1))
        for threads in [2, 3] {
            let many = comparison.run(try comparison.executor(.training, threads: threads))
            #expect(many.result == one.result)
            #expect(many.logits == one.logits)
            #expect(many.gradient.array == one.gradient.array)
            #expect(many.statistics.array == one.statistics.array)
        }
    }

    @Test("do not depend on what an arena held before")
    func staleArena() throws {
        let comparison = comparison()
        let plan = Plan(comparison.network, clips: comparison.clips, mode: .training)
        let arena = FloatBuffer(count: plan.arenaBytes / MemoryLayout<Float>.stride)
        let pool = try ThreadPool(threads: 2)
        let clean = comparison.run(Executor(plan: plan, pool: pool, arena: arena))
        arena.floats.update(repeating: .nan)
        let stale = comparison.run(Executor(plan: plan, pool: pool, arena: arena))
        #expect(stale.gradient.array == clean.gradient.array)
        #expect(stale.result == clean.result)
        #expect(clean.gradient.array.allSatisfy { $0.isFinite })
    }

    @Test("training keeps of a deep network little more than what its convolutions yield")
    func keptValues() {
        var builder = GraphBuilder(
            input: FeatureShape(time: 1, height: 32, width: 32, channels: 16))
        var x = builder.input
        let blocks = 20
        for block in 0..<blocks {
            let y = builder.convolution(
                x, name: "a\(block)", channels: 16, kernel: .square(3), padding: .border(1))
            let z = builder.convolution(
                builder.relu(builder.batchNorm(y, name: "a\(block).bn")), name: "b\(block)",
                channels: 16, kernel: .one)
            let normalized = builder.batchNorm(z, name: "b\(block).bn")
            // Not so long that the sums since the last one are much beside the convolutions.
            let short = block % 5 == 0 ? normalized : builder.add(normalized, x)
            x = builder.relu(short)
        }
        let pooled = builder.adaptiveAveragePool(x, name: "pool", height: 1, width: 1)
        let logits = builder.linear(
            builder.flatten(pooled, name: "flat"), name: "head", features: 4,
            initialiser: .normal(deviation: 0.1))
        let network = builder.network(heads: [Graph.Head(logits: logits)], reduction: .clip)
        let clips = 8
        let plan = Plan(network, clips: clips, mode: .training)
        let yielded = 2 * blocks * clips * 32 * 32 * 16 * MemoryLayout<Float>.stride
        #expect(plan.arenaBytes < yielded * 5 / 4)
    }

    @Test("evaluation takes less memory than training")
    func memory() {
        let network = comparison().network
        let training = Plan(network, clips: 5, mode: .training)
        let evaluation = Plan(network, clips: 5, mode: .evaluation)
        #expect(evaluation.arenaBytes < training.arenaBytes / 2)
    }
}
