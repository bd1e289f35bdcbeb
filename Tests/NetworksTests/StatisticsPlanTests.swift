import Networks
import Tensors
import Testing

@Suite("A plan for statistics")
struct StatisticsPlanTests {
    @Test("yields the batch statistics of training, in less memory")
    func statistics() throws {
        let shape = FeatureShape(time: 4, height: 12, width: 12, channels: 3)
        var builder = GraphBuilder(input: shape)
        var x = builder.convolution(
            builder.input, name: "stem", channels: 8, kernel: .square(3), stride: .square(1),
            padding: .border(1))
        x = builder.relu(builder.batchNorm(x, name: "stem.bn"))
        x = builder.averagePool2(x, name: "halve")
        var y = builder.convolution(
            x, name: "second", channels: 8, kernel: .square(3), stride: .square(1),
            padding: .border(1))
        y = builder.relu(builder.add(builder.batchNorm(y, name: "second.bn"), x))
        let run = builder.convLSTM(y, name: "lstm", hidden: 4, backward: false)
        let flat = builder.flatten(
            builder.adaptiveAveragePool(run, name: "bins", height: 2, width: 2), name: "flat")
        let logits = builder.linear(
            flat, name: "head", features: 3, initialiser: .normal(deviation: 0.1))
        let network = builder.network(heads: [Graph.Head(logits: logits)], reduction: .clip)
        let parameters = ParameterStorage(network.parameters)
        network.parameters.initialise(parameters, seed: 3)
        let pool = try ThreadPool(threads: 2)
        let count = network.parameters.statisticsExtent
        let (trained, measured) = (FloatBuffer(count: count), FloatBuffer(count: count))
        let training = Executor(network, clips: 3, mode: .training, pool: pool)
        let measuring = Executor(network, clips: 3, mode: .statistics, pool: pool)
        #expect(measuring.plan.arenaBytes < training.plan.arenaBytes)
        for executor in [training, measuring] {
            for index in executor.clips.indices {
                executor.clips[index] = Float((index * 37) % 101) / 50 - 1
            }
        }
        _ = training.train(
            parameters: parameters,
            gradient: FloatBuffer(count: network.parameters.trainableExtent), statistics: trained)
        measuring.measure(parameters: parameters, statistics: measured)
        #expect(measured.array == trained.array)
        #expect(measured.array.contains { $0 != 0 })
    }
}
