import Networks
import Tensors
import Testing

@Suite("A pass in bf16")
struct PrecisionTests {
    /// Convolutions of every kind that bf16 serves, with maps that tiles do not fit.
    private func comparison(_ precision: Precision) -> Comparison {
        let shape = FeatureShape(time: 4, height: 18, width: 18, channels: 3)
        var builder = GraphBuilder(input: shape)
        var x = builder.convolution(
            builder.input, name: "stem", channels: 8, kernel: Extent(5, 7, 7),
            stride: Extent(1, 2, 2), padding: Extent(2, 3, 3))
        x = builder.relu(builder.batchNorm(x, name: "stem.bn"))
        x = builder.convolution(x, name: "wide", channels: 32, kernel: .one)
        x = builder.relu(builder.batchNorm(x, name: "wide.bn"))
        var y = builder.convolution(x, name: "point", channels: 80, kernel: .one)
        y = builder.relu(builder.batchNorm(y, name: "point.bn"))
        y = builder.convolution(
            y, name: "frames", channels: 48, kernel: Extent(3, 1, 1), padding: Extent(1, 0, 0))
        y = builder.relu(builder.batchNorm(y, name: "frames.bn"))
        y = builder.convolution(
            y, name: "strided", channels: 64, kernel: .square(3), stride: .square(2),
            padding: .border(1))
        y = builder.relu(builder.batchNorm(y, name: "strided.bn"))
        y = builder.convolution(y, name: "up", channels: 144, kernel: .one)
        y = builder.batchNorm(y, name: "up.bn")
        let skip = builder.batchNorm(
            builder.convolution(
                x, name: "skip", channels: 144, kernel: .one, stride: .square(2)),
            name: "skip.bn")
        y = builder.relu(builder.add(y, skip))
        let flat = builder.flatten(
            builder.adaptiveAveragePool(y, name: "pool", height: 1, width: 1), name: "flat")
        let logits = builder.linear(
            flat, name: "head", features: 5, initialiser: .normal(deviation: 0.1))
        let network = builder.network(heads: [Graph.Head(logits: logits)], reduction: .clip)
        return Comparison(
            Network(graph: network.graph, parameters: network.parameters, precision: precision),
            clips: 3)
    }

    /// The angle's cosine.
    private func likeness(_ left: [Float], _ right: [Float]) -> Double {
        func product(_ a: [Float], _ b: [Float]) -> Double {
            zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        return product(left, right) / (product(left, left) * product(right, right)).squareRoot()
    }

    @Test("has bits of its own, near those of float32")
    func nearness() throws {
        let rounded = comparison(.bf16)
        let exact = comparison(.fp32)
        let one = rounded.run(try rounded.executor(.training, threads: 1))
        let other = exact.run(try exact.executor(.training, threads: 1))
        #expect(one.logits != other.logits)
        #expect(abs(one.result.lossSum - other.result.lossSum) < 0.01 * other.result.lossSum)
        for parameter in exact.network.parameters.trained {
            let found = likeness(
                Array(one.gradient.array[parameter.range]),
                Array(other.gradient.array[parameter.range]))
            #expect(found > 0.995, "\(parameter.name): \(found)")
        }
    }

    @Test("evaluates near float32, too")
    func evaluation() throws {
        let (rounded, exact) = (comparison(.bf16), comparison(.fp32))
        let one = rounded.run(try rounded.executor(.evaluation, threads: 2))
        let other = exact.run(try exact.executor(.evaluation, threads: 2))
        #expect(one.logits != other.logits)
        expectClose(one.logits, other.logits.map(Double.init), within: 0.02, "logits")
    }

    @Test("does not depend on the number of threads")
    func threads() throws {
        let comparison = comparison(.bf16)
        let one = comparison.run(try comparison.executor(.training, threads: 1))
        for threads in [2, 3] {
            let many = comparison.run(try comparison.executor(.training, threads: threads))
            #expect(many.result == one.result)
            let same = many.gradient.array == one.gradient.array
            #expect(same)
            let alike = many.statistics.array == one.statistics.array
            #expect(alike)
        }
    }

    @Test("does not depend on what an arena held before")
    func staleArena() throws {
        let comparison = comparison(.bf16)
        let plan = Plan(comparison.network, clips: comparison.clips, mode: .training)
        let arena = FloatBuffer(count: plan.arenaBytes / MemoryLayout<Float>.stride)
        let pool = try ThreadPool(threads: 2)
        let clean = comparison.run(Executor(plan: plan, pool: pool, arena: arena))
        arena.floats.update(repeating: .nan)
        let stale = comparison.run(Executor(plan: plan, pool: pool, arena: arena))
        let same = stale.gradient.array == clean.gradient.array
        #expect(same)
        #expect(clean.gradient.array.allSatisfy { $0.isFinite })
    }
}
