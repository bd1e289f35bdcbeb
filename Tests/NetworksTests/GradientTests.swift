import Networks
import Testing

/// Forward pass and gradients of every operation against a slow evaluator in double precision,
/// whose loss is differentiated numerically.
@Suite("Operations agree with their definitions")
struct GradientTests {
    /// A network that ends in global averages and a linear head.
    private func network(
        _ shape: FeatureShape, reduction: Graph.Reduction = .clip,
        _ body: (inout GraphBuilder) -> Graph.Value
    ) -> Network {
        var builder = GraphBuilder(input: shape)
        let y = body(&builder)
        let pooled = builder.adaptiveAveragePool(y, name: "pool", height: 1, width: 1)
        let flat = builder.flatten(pooled, name: "flat")
        let logits = builder.linear(
            flat, name: "head", features: 4, initialiser: .normal(deviation: 0.1))
        return builder.network(
            heads: [Graph.Head(logits: logits, weight: 0.7)], reduction: reduction)
    }

    private let odd = FeatureShape(time: 3, height: 7, width: 9, channels: 3)

    @Test(
        "convolutions of every kernel, stride and padding",
        arguments: [
            (Extent.one, Extent.one, Extent.zero), (.square(3), .one, .border(1)),
            (.square(3), .square(2), .border(1)), (.one, .square(2), .zero),
            (.square(7), .square(2), .border(3)), (Extent(3, 1, 1), .one, Extent(1, 0, 0)),
            (Extent(3, 3, 3), Extent(2, 2, 1), Extent(1, 1, 1)), (Extent(1, 2, 4), .one, .zero),
            (Extent(5, 1, 1), Extent(2, 1, 1), Extent(2, 0, 0)),
            (Extent(7, 1, 1), Extent(8, 1, 1), Extent(3, 0, 0)),
            (Extent(3, 3, 3), .square(2), Extent(1, 1, 1)),
        ], [5, 17])
    func convolution(_ cut: (Extent, Extent, Extent), channels: Int) throws {
        let (kernel, stride, padding) = cut
        let network = network(odd) { builder in
            // The first one sees the clip, the second one has an input with a gradient, and few
            // channels or many: other kernels.
            let y = builder.convolution(
                builder.input, name: "a", channels: channels, kernel: .square(3),
                padding: .border(1))
            let z = builder.convolution(
                y, name: "b", channels: 18, kernel: kernel, stride: stride, padding: padding)
            return builder.relu(z)
        }
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }

    @Test(
        "convolutions of many channels by 3 x 3 or 3 frames, of an input that others read too",
        arguments: [
            ((2, 6, 7), Extent.square(3), Extent.border(1)), ((2, 8, 12), .square(3), .border(1)),
            ((2, 9, 8), .square(3), .zero), ((4, 4, 8), Extent(3, 1, 1), Extent(1, 0, 0)),
            ((6, 5, 4), Extent(3, 1, 1), Extent(1, 0, 0)), ((5, 5, 7), Extent(3, 1, 1), .zero),
        ])
    func manyChannels(size: (Int, Int, Int), kernel: Extent, padding: Extent) throws {
        let shape = FeatureShape(time: size.0, height: size.1, width: size.2, channels: 3)
        let network = network(shape) { builder in
            let y = builder.convolution(builder.input, name: "a", channels: 32, kernel: .one)
            let z = builder.convolution(
                y, name: "b", channels: 48, kernel: kernel, padding: padding)
            let other = builder.convolution(
                y, name: "c", channels: 48, kernel: kernel, padding: padding)
            return builder.relu(builder.add(z, builder.batchNorm(other, name: "bn")))
        }
        try Comparison(network, clips: 2).checkTraining()
        try Comparison(network, clips: 2).checkEvaluation()
    }

    @Test("weights that are tied, mixed of templates, or both's own, with strides")
    func sharedWeights() throws {
        let network = network(odd) { builder in
            let bank = WeightSource.tensor("bank.templates.0")
            func mixture(_ name: String) -> WeightSource {
                .mixture(coefficients: name + ".coefficients", templates: ["m.0", "m.1", "m.2"])
            }
            func next(_ x: Graph.Value, _ name: String, _ source: WeightSource?) -> Graph.Value {
                let y = builder.convolution(
                    x, name: name, channels: 6, kernel: .square(3), padding: .border(1),
                    weight: source)
                return builder.relu(builder.batchNorm(y, name: name + ".bn"))
            }
            var x = builder.convolution(builder.input, name: "a", channels: 6, kernel: .one)
            x = next(x, "b", bank)
            x = next(x, "c", mixture("c"))
            x = next(x, "d", nil)
            x = next(x, "e", mixture("e"))
            return next(x, "f", bank)
        }
        #expect(network.parameters["m.1"]?.count == 6 * 6 * 9)
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }

    @Test(
        "several heads with weights of their own, their ensemble, and smoothed labels",
        arguments: [Graph.Reduction.clip, .frame], [0, 0.1])
    func heads(reduction: Graph.Reduction, smoothing: Double) throws {
        var builder = GraphBuilder(input: odd)
        let heads = [0.5, 1.5, 0].enumerated().map { number, weight in
            let y = builder.convolution(
                builder.input, name: "a\(number)", channels: 5, kernel: .square(3))
            let pooled = builder.adaptiveAveragePool(
                builder.relu(y), name: "pool\(number)", height: 1, width: 1)
            let logits = builder.linear(
                builder.flatten(pooled, name: "flat\(number)"), name: "head\(number)",
                features: 4, initialiser: .normal(deviation: 0.1))
            return Graph.Head(logits: logits, weight: weight)
        }
        let network = builder.network(heads: heads, reduction: reduction, ensemble: 0.8)
        try Comparison(network, labelSmoothing: smoothing).checkTraining()
        try Comparison(network, labelSmoothing: smoothing).checkEvaluation()
    }

    @Test("many channels of few pixels, which tiles share", arguments: [1, 3])
    func wide(clips: Int) throws {
        let shape = FeatureShape(time: 1, height: 3, width: 2, channels: 3)
        let network = network(shape) { builder in
            let y = builder.convolution(
                builder.input, name: "a", channels: 150, kernel: .square(3), padding: .border(1))
            let z = builder.relu(builder.batchNorm(y, name: "a_bn"))
            let w = builder.convolution(z, name: "b", channels: 150, kernel: .one)
            return builder.relu(builder.add(builder.batchNorm(w, name: "b_bn"), z))
        }
        let comparison = Comparison(network, clips: clips)
        try comparison.checkEvaluation()
        let one = comparison.run(try comparison.executor(.evaluation, threads: 1))
        let two = comparison.run(try comparison.executor(.evaluation, threads: 2))
        #expect(one.logits == two.logits)
    }

    @Test("a stem of three channels, of few and many filters", arguments: [1, 5], [8, 17])
    func stem(time: Int, channels: Int) throws {
        let network = network(odd) { builder in
            let y = builder.convolution(
                builder.input, name: "a", channels: channels, kernel: Extent(time, 7, 7),
                stride: .square(2), padding: Extent(time / 2, 3, 3))
            let z = builder.relu(builder.batchNorm(y, name: "bn"))
            return builder.maxPool(z, name: "max", kernel: 3, stride: 2, padding: 1)
        }
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }

    @Test("a residual block with identity, projected and padded shortcuts")
    func residuals() throws {
        let network = network(odd) { builder in
            var x = builder.convolution(builder.input, name: "a", channels: 6, kernel: .one)
            x = builder.relu(builder.batchNorm(x, name: "a.bn"))
            var y = builder.convolution(
                x, name: "b", channels: 6, kernel: .square(3), padding: .border(1))
            y = builder.relu(builder.add(builder.batchNorm(y, name: "b.bn"), x))
            var z = builder.convolution(
                y, name: "c", channels: 8, kernel: .square(3), stride: .square(2),
                padding: .border(1))
            let projected = builder.convolution(
                y, name: "d", channels: 8, kernel: .one, stride: .square(2))
            let short = builder.batchNorm(projected, name: "d.bn")
            z = builder.relu(builder.add(builder.batchNorm(z, name: "c.bn"), short))
            let w = builder.convolution(
                z, name: "e", channels: 10, kernel: .square(3), stride: .square(2),
                padding: .border(1))
            let padded = builder.subsample(z, name: "f", stride: 2, channels: 10)
            return builder.relu(builder.add(builder.batchNorm(w, name: "e.bn"), padded))
        }
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }

    @Test("values that the way back makes anew from one another")
    func recomputed() throws {
        let shape = FeatureShape(time: 4, height: 5, width: 6, channels: 3)
        let network = network(shape) { builder in
            func next(
                _ x: Graph.Value, _ name: String, kernel: Extent = .one, stride: Extent = .one,
                padding: Extent = .zero
            ) -> Graph.Value {
                let y = builder.convolution(
                    x, name: name, channels: 6, kernel: kernel, stride: stride, padding: padding)
                return builder.batchNorm(y, name: name + ".bn")
            }
            let few = builder.gatherFrames(builder.input, name: "few", frames: [3, 1])
            let slow = builder.relu(next(few, "a", kernel: .square(3), padding: .border(1)))
            var fast = builder.relu(next(builder.input, "b"))
            // Two sums in a row, read by a third and by a convolution each.
            for name in ["c", "d"] {
                fast = builder.relu(builder.add(next(fast, name), fast))
            }
            let lateral = next(
                fast, "e", kernel: Extent(3, 1, 1), stride: Extent(2, 1, 1),
                padding: Extent(1, 0, 0))
            let joined = builder.concatenate([slow, builder.relu(lateral)], name: "joined")
            let wide = builder.relu(builder.add(next(joined, "f"), next(joined, "g")))
            let long = builder.repeatFrames(wide, name: "long", times: 2)
            return builder.relu(builder.add(next(long, "h"), fast))
        }
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }

    @Test("batch norm, ReLU and 2x2 averages in one pass")
    func pointwise() throws {
        let network = network(odd) { builder in
            var y = builder.convolution(builder.input, name: "a", channels: 5, kernel: .one)
            y = builder.relu(builder.batchNorm(y, name: "a.bn"))
            y = builder.averagePool2(y, name: "a.pool")
            y = builder.convolution(y, name: "b", channels: 6, kernel: .one)
            y = builder.relu(builder.batchNorm(y, name: "b.bn"))
            return builder.averagePool2(y, name: "b.pool")
        }
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }

    @Test("operations that are not fused: sums, ReLU, averages, batch norm of the clip")
    func unfused() throws {
        let network = network(odd, reduction: .frame) { builder in
            let x = builder.batchNorm(builder.input, name: "bn")
            let y = builder.convolution(x, name: "a", channels: 4, kernel: .one)
            let sum = builder.add(builder.relu(y), y)
            let pooled = builder.averagePool2(sum, name: "pool2")
            return builder.add(pooled, pooled)
        }
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }

    @Test("frames picked, repeated, joined and flattened")
    func rearrangements() throws {
        let shape = FeatureShape(time: 4, height: 5, width: 5, channels: 2)
        let network = network(shape, reduction: .frame) { builder in
            let y = builder.convolution(
                builder.input, name: "a", channels: 3, kernel: .square(3), padding: .border(1))
            let some = builder.gatherFrames(y, name: "some", frames: [0, 0, 3, 2])
            let few = builder.gatherFrames(y, name: "few", frames: [1, 3])
            let twice = builder.repeatFrames(few, name: "twice", times: 2)
            let bins = [some, twice, y].enumerated().map { number, value in
                let pooled = builder.adaptiveAveragePool(
                    value, name: "bins\(number)", height: 2, width: 3)
                return builder.flatten(pooled, name: "flat\(number)")
            }
            return builder.concatenate(bins, name: "joined")
        }
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }

    @Test(
        "ConvLSTMs in one and both directions of time",
        arguments: [[false], [true, false], [false, true]])
    func convLSTM(directions: [Bool]) throws {
        let shape = FeatureShape(time: 4, height: 3, width: 5, channels: 3)
        let network = network(shape, reduction: .frame) { builder in
            let y = builder.convolution(builder.input, name: "a", channels: 4, kernel: .one)
            let runs = directions.enumerated().map { number, backward in
                builder.convLSTM(y, name: "lstm.\(number)", hidden: 3, backward: backward)
            }
            return runs.count == 1 ? runs[0] : builder.concatenate(runs, name: "both")
        }
        try Comparison(network).checkTraining()
        try Comparison(network).checkEvaluation()
    }
}
