import Networks
import Tensors
import Testing

@Suite("A network with frozen tensors")
struct FreezingTests {
    /// The same network with the tensors frozen that one of `layers` holds.
    private func freeze(_ network: Network, _ layers: [String]) -> Network {
        let tree = network.parameters
        let all = tree.trainable + tree.statistics
        let frozen = all.map(\.name).filter { name in
            layers.contains { name == $0 || name.hasPrefix($0 + ".") }
        }
        return Network(
            graph: network.graph, parameters: ParameterTree(all, frozen: Set(frozen)))
    }

    /// A stem, a residual block with a projection, halved maps and a head; nine batch norm tensors.
    private var residual: Network {
        let shape = FeatureShape(time: 2, height: 9, width: 7, channels: 3)
        var builder = GraphBuilder(input: shape)
        var x = builder.convolution(
            builder.input, name: "stem", channels: 6, kernel: .square(3), padding: .border(1))
        x = builder.relu(builder.batchNorm(x, name: "stem_bn"))
        var y = builder.convolution(
            x, name: "a", channels: 10, kernel: .square(3), stride: .square(2),
            padding: .border(1))
        y = builder.relu(builder.batchNorm(y, name: "a_bn"))
        y = builder.convolution(y, name: "b", channels: 10, kernel: .one)
        y = builder.batchNorm(y, name: "b_bn")
        let projected = builder.convolution(
            x, name: "skip", channels: 10, kernel: .one, stride: .square(2))
        y = builder.relu(builder.add(y, builder.batchNorm(projected, name: "skip_bn")))
        y = builder.convolution(y, name: "c", channels: 8, kernel: .one)
        y = builder.averagePool2(
            builder.relu(builder.batchNorm(y, name: "c_bn")), name: "halve")
        let pooled = builder.adaptiveAveragePool(y, name: "pool", height: 1, width: 1)
        let logits = builder.linear(
            builder.flatten(pooled, name: "flat"), name: "head", features: 4,
            initialiser: .normal(deviation: 0.1))
        return builder.network(heads: [Graph.Head(logits: logits)], reduction: .clip)
    }

    @Test(
        "has the gradients and statistics of its definition, batch norm that is frozen with its running ones",
        arguments: [
            ["stem_bn"], ["stem", "stem_bn"], ["a_bn", "b_bn", "skip_bn"], ["c_bn"], ["a", "c"],
            ["stem", "stem_bn", "a", "a_bn", "b", "b_bn"], ["head.weight"], ["head"],
            ["stem", "stem_bn", "a", "a_bn", "b", "b_bn", "skip"],
            ["stem", "stem_bn", "a", "a_bn", "b", "b_bn", "skip", "skip_bn", "c"],
            ["stem", "stem_bn", "a", "a_bn", "b", "b_bn", "skip", "skip_bn", "c", "c_bn"],
            ["a_bn.weight"], ["b_bn.bias", "skip_bn.weight", "stem"],
        ])
    func definition(_ layers: [String]) throws {
        try Comparison(freeze(residual, layers)).checkTraining()
        try Comparison(freeze(residual, layers)).checkEvaluation()
    }

    /// Two uses of one bank, one of them below batch norm, and a tied pair.
    private var shared: Network {
        let shape = FeatureShape(time: 2, height: 5, width: 6, channels: 3)
        var builder = GraphBuilder(input: shape)
        var x = builder.convolution(
            builder.input, name: "stem", channels: 4, kernel: .square(3), padding: .border(1))
        for name in ["a", "b"] {
            x = builder.convolution(
                x, name: name, channels: 4, kernel: .square(3), padding: .border(1),
                weight: .mixture(
                    coefficients: name + ".coefficients", templates: ["bank.0", "bank.1"]))
            x = builder.relu(builder.batchNorm(x, name: name + ".bn"))
        }
        for name in ["c", "d"] {
            x = builder.relu(
                builder.convolution(
                    x, name: name, channels: 4, kernel: .one, weight: .tensor("tied")))
        }
        let pooled = builder.adaptiveAveragePool(x, name: "pool", height: 1, width: 1)
        let logits = builder.linear(
            builder.flatten(pooled, name: "flat"), name: "head", features: 3,
            initialiser: .normal(deviation: 0.1))
        return builder.network(heads: [Graph.Head(logits: logits)], reduction: .clip)
    }

    @Test(
        "has the gradients of its definition where weights are shared",
        arguments: [
            ["bank"], ["bank.1"], ["a"], ["b.coefficients"], ["bank", "a", "b"], ["tied"],
            ["stem", "bank", "a"], ["bank", "a.coefficients", "b.coefficients"],
        ])
    func sharing(_ layers: [String]) throws {
        try Comparison(freeze(shared, layers)).checkTraining()
    }

    /// Convolutions and ConvLSTMs without batch norm.
    private var plain: Network {
        let shape = FeatureShape(time: 3, height: 6, width: 5, channels: 3)
        var builder = GraphBuilder(input: shape)
        let x = builder.relu(
            builder.convolution(
                builder.input, name: "a", channels: 7, kernel: .square(3), padding: .border(1)))
        let y = builder.relu(builder.convolution(x, name: "b", channels: 5, kernel: .one))
        let runs = [false, true].map {
            builder.flatten(
                builder.adaptiveAveragePool(
                    builder.convLSTM(y, name: $0 ? "last" : "first", hidden: 4, backward: $0),
                    name: "pool", height: 2, width: 2), name: "flat")
        }
        let logits = builder.linear(
            builder.concatenate(runs, name: "joined"), name: "head", features: 3,
            initialiser: .normal(deviation: 0.1))
        return builder.network(heads: [Graph.Head(logits: logits)], reduction: .frame)
    }

    @Test(
        "has the very gradients of the whole one where no batch norm is involved",
        arguments: [
            ["a"], ["b"], ["a", "b"], ["first"], ["last.weight"], ["first.bias"],
            ["a", "b", "first"], ["a", "b", "last"], ["a", "b", "first", "last"], ["head"],
            ["a", "b", "first", "last", "head.bias"],
        ])
    func sameBits(_ layers: [String]) throws {
        let whole = Comparison(plain)
        let part = Comparison(freeze(plain, layers))
        for parameter in part.network.parameters.trainable {
            let same = try #require(whole.network.parameters[parameter.name])
            for (to, from) in zip(parameter.range, same.range) {
                part.parameters.values[to] = whole.parameters.values[from]
            }
        }
        let want = whole.run(try whole.executor(.training, threads: 2))
        let got = part.run(try part.executor(.training, threads: 2))
        #expect(got.result == want.result)
        #expect(got.gradient.count < want.gradient.count)
        for parameter in part.network.parameters.trained {
            let same = try #require(whole.network.parameters[parameter.name])
            #expect(
                parameter.range.map { got.gradient[$0].bitPattern }
                    == same.range.map { want.gradient[$0].bitPattern }, "\(parameter.name)")
        }
    }

    @Test("takes less memory the more of its lower layers are frozen")
    func memory() {
        let bytes = [
            [], ["stem", "stem_bn"], ["stem", "stem_bn", "a", "a_bn", "skip", "skip_bn"],
        ]
        .map { Plan(freeze(residual, $0), clips: 4, mode: .training).arenaBytes }
        #expect(bytes[1] < bytes[0] && bytes[2] < bytes[1], "\(bytes)")
    }

    @Test("keeps frozen tensors behind the others, which a gradient is as long as")
    func places() throws {
        let tree = freeze(residual, ["a", "stem_bn"]).parameters
        #expect(
            tree.trainable.suffix(3).map(\.name) == ["a.weight", "stem_bn.bias", "stem_bn.weight"])
        #expect(tree["a.weight"]?.offset == tree.gradientExtent)
        #expect(tree.statistics.suffix(2).map(\.isFrozen) == [true, true])
        #expect(tree["stem_bn.running_mean"]?.offset == tree.batchStatisticsExtent)
        #expect(tree.trainedCount == tree.trainableCount - 10 * 6 * 9 - 12)
    }
}
