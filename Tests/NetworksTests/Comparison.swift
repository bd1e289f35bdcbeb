import Networks
import Tensors
import Testing

/// A network with drawn parameters and clips, run here and by the reference.
struct Comparison {
    let network: Network
    let parameters: ParameterStorage
    let clips: Int
    let input: [Float]
    let labels: [Int]
    let labelSmoothing: Double

    init(
        _ network: Network, clips: Int = 3, seed: UInt64 = 12, labelSmoothing: Double = 0
    ) {
        self.network = network
        self.labelSmoothing = labelSmoothing
        self.clips = clips
        parameters = ParameterStorage(network.parameters)
        let tree = network.parameters
        let random = CounterRandom(seed: seed)
        for (number, parameter) in tree.trainable.enumerated() {
            // Neither ones nor zeros, so that every term shows.
            let center: Float = parameter.decays ? 0 : 1
            for place in parameter.range {
                parameters.values[place] =
                    center + 0.3 * random.normal(at: UInt64(number * 100_000 + place))
            }
        }
        for parameter in tree.statistics {
            let center: Float = parameter.role == .runningMean ? 0 : 1
            for place in parameter.range {
                parameters.statistics[place] =
                    center + 0.2 * (random.uniform(at: UInt64(7_000_000 + place)) - 0.5)
            }
        }
        input = (0..<clips * network.graph.input.count).map {
            CounterRandom(seed: seed, stream: 1).normal(at: UInt64($0))
        }
        labels = (0..<clips).map { $0 % network.graph.classes }
    }

    struct Pass {
        let result: Executor.PassResult
        let logits: [Float]
        let gradient: FloatBuffer
        let statistics: FloatBuffer
    }

    func executor(_ mode: Plan.Mode, threads: Int) throws -> Executor {
        Executor(
            plan: Plan(network, clips: clips, mode: mode, labelSmoothing: labelSmoothing),
            pool: try ThreadPool(threads: threads))
    }

    func run(_ executor: Executor) -> Pass {
        for (index, value) in input.enumerated() { executor.clips[index] = value }
        for (index, label) in labels.enumerated() { executor.labels[index] = Int64(label) }
        for clip in 0..<clips { executor.keys[clip] = ReferenceNetwork.key(of: clip) }
        let gradient = FloatBuffer(count: network.parameters.gradientExtent)
        let statistics = FloatBuffer(count: network.parameters.batchStatisticsExtent)
        let result =
            executor.plan.mode == .training
            ? executor.train(parameters: parameters, gradient: gradient, statistics: statistics)
            : executor.evaluate(parameters: parameters)
        return Pass(
            result: result, logits: Array(executor.clipLogits), gradient: gradient,
            statistics: statistics)
    }

    func reference(training: Bool) -> ReferenceNetwork {
        ReferenceNetwork(
            graph: network.graph, tree: network.parameters,
            parameters: parameters.values.array.map(Double.init),
            running: parameters.statistics.array.map(Double.init), clips: clips,
            training: training, labelSmoothing: labelSmoothing)
    }

    /// Loss, logits, statistics and the derivative along directions of every tensor.
    func checkTraining() throws {
        let pass = run(try executor(.training, threads: 2))
        let reference = reference(training: true)
        let input = input.map(Double.init)
        let want = reference.run(input, labels: labels)
        #expect(abs(pass.result.lossSum - want.loss) < 1e-5 * abs(want.loss))
        expectClose(pass.logits, want.logits, within: 1e-5, "logits")
        let statistics = pass.statistics.array.map { $0 / Float(clips) }
        expectClose(
            statistics, Array(want.statistics.prefix(statistics.count)), within: 1e-5, "statistics")
        for (number, parameter) in network.parameters.trained.enumerated() {
            for draw in 0..<2 {
                check(parameter, pass, reference, input, stream: UInt64(2 * number + draw + 5))
            }
        }
    }

    /// Central difference of the reference's loss along a random direction against the gradient.
    private func check(
        _ parameter: Parameter, _ pass: Pass, _ reference: ReferenceNetwork, _ input: [Double],
        stream: UInt64
    ) {
        let random = CounterRandom(seed: 3, stream: stream)
        let direction = parameter.range.map { Double(random.normal(at: UInt64($0))) }
        let step = 1e-7
        func loss(_ sign: Double) -> Double {
            var moved = reference
            for (place, slope) in zip(parameter.range, direction) {
                moved.parameters[place] += sign * step * slope
            }
            return moved.run(input, labels: labels).loss
        }
        let want = (loss(1) - loss(-1)) / (2 * step)
        let terms = zip(parameter.range, direction).map {
            Double(pass.gradient[$0]) * $1
        }
        let scale = terms.reduce(1e-3) { $0 + abs($1) }
        #expect(
            abs(terms.reduce(0, +) - want) < 1e-4 * scale, "gradient of \(parameter.name)")
    }

    func checkEvaluation() throws {
        let pass = run(try executor(.evaluation, threads: 2))
        let want = reference(training: false).run(input.map(Double.init), labels: labels)
        expectClose(pass.logits, want.logits, within: 1e-5, "logits")
        #expect(abs(pass.result.lossSum - want.loss) < 1e-5 * abs(want.loss))
    }
}

/// Every difference is below `limit` of the largest value.
func expectClose(_ got: [Float], _ want: [Double], within limit: Double, _ what: Comment) {
    #expect(got.count == want.count, what)
    let largest = want.reduce(1e-6) { max($0, abs($1)) }
    let error = zip(got, want).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    #expect(error < limit * largest, what)
}
