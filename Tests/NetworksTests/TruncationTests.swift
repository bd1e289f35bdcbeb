import Networks
import Tensors
import Testing

/// Truncated back-propagation through time against derivatives of the definition, where the state
/// at a cut counts as a constant.
@Suite("The gradient through time is cut")
struct TruncationTests {
    /// Pointwise convolution, recurrence in the given directions, global averages, linear head.
    private func network(
        _ cell: TruncatedReference.Cell, _ directions: [Bool], bptt: Int?, frames: Int = 7
    ) -> Network {
        let size = cell == .lstm ? 1 : 3
        var builder = GraphBuilder(
            input: FeatureShape(time: frames, height: size, width: size, channels: 3))
        let x = builder.convolution(builder.input, name: "a", channels: 4, kernel: .one)
        let runs = directions.enumerated().map { number, backward in
            switch cell {
            case .lstm:
                builder.lstm(x, name: "lstm", hidden: 3, backward: backward, bptt: bptt)
            case .convLSTM:
                builder.convLSTM(
                    x, name: "lstm.\(number)", hidden: 3, backward: backward, bptt: bptt)
            }
        }
        let joined = runs.count == 1 ? runs[0] : builder.concatenate(runs, name: "both")
        let pooled = builder.adaptiveAveragePool(joined, name: "pool", height: 1, width: 1)
        let logits = builder.linear(
            builder.flatten(pooled, name: "flat"), name: "head", features: 4,
            initialiser: .normal(deviation: 0.1))
        return builder.network(heads: [Graph.Head(logits: logits)], reduction: .frame)
    }

    private func pass(_ network: Network, threads: Int = 2) throws -> Comparison.Pass {
        let comparison = Comparison(network)
        return comparison.run(try comparison.executor(.training, threads: threads))
    }

    @Test(
        "between parts of so many frames of each direction's own time",
        arguments: TruncatedReference.Cell.allCases, [1, 2, 3, 6])
    func derivatives(cell: TruncatedReference.Cell, bptt: Int) throws {
        for directions in [[false], [true], [false, true]] {
            let comparison = Comparison(network(cell, directions, bptt: bptt))
            let pass = comparison.run(try comparison.executor(.training, threads: 2))
            let tree = comparison.network.parameters
            for (number, parameter) in tree.trainable.enumerated() {
                let random = CounterRandom(seed: 4, stream: UInt64(number))
                var direction = [Double](repeating: 0, count: tree.trainableExtent)
                for place in parameter.range {
                    direction[place] = Double(random.normal(at: UInt64(place)))
                }
                let loss = TruncatedReference(
                    comparison, cell, directions: directions, bptt: bptt, along: direction
                ).loss()
                #expect(abs(pass.result.lossSum - loss.value) < 1e-5 * loss.value)
                let terms = parameter.range.map { Double(pass.gradient[$0]) * direction[$0] }
                let scale = terms.reduce(1e-3) { $0 + abs($1) }
                #expect(
                    abs(terms.reduce(0, +) - loss.slope) < 1e-5 * scale,
                    "gradient of \(parameter.name) with \(directions)")
            }
        }
    }

    @Test("and not what is computed", arguments: TruncatedReference.Cell.allCases)
    func values(cell: TruncatedReference.Cell) throws {
        let whole = try pass(network(cell, [false, true], bptt: nil))
        let cut = try pass(network(cell, [false, true], bptt: 2))
        #expect(cut.result == whole.result)
        #expect(cut.logits == whole.logits)
        #expect(cut.gradient.array != whole.gradient.array)
    }

    @Test(
        "nowhere in a clip that is no longer than a part",
        arguments: TruncatedReference.Cell.allCases)
    func long(cell: TruncatedReference.Cell) throws {
        let whole = try pass(network(cell, [false, true], bptt: nil))
        for bptt in [7, 100] {
            let same = try pass(network(cell, [false, true], bptt: bptt))
            #expect(same.gradient.array == whole.gradient.array)
        }
    }

    @Test(
        "with the same bits on any number of threads",
        arguments: TruncatedReference.Cell.allCases)
    func threads(cell: TruncatedReference.Cell) throws {
        let network = network(cell, [false, true], bptt: 2)
        let one = try pass(network, threads: 1)
        let three = try pass(network, threads: 3)
        #expect(one.gradient.array == three.gradient.array)
    }
}
