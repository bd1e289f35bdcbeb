import Configuration
import Models
import Networks
import Optimizers
import Tensors

extension ReferenceCase {
    /// The optimiser that reference files are written with.
    private static let optimizer = OptimizerConfiguration(
        method: .sgd(momentum: 0.9, nesterov: true), rate: 0.1, decay: 1e-4)
    /// How pixels in 0...1 enter a network.
    private static let (mean, deviation) = (0.45, 0.225)

    /// Makes the step on `threads` threads and compares everything that the file holds.
    public func verify(threads: Int) throws(VerificationError) -> VerificationReport {
        let network = try network()
        let pool: ThreadPool
        do { pool = try ThreadPool(threads: threads) } catch { throw .threads(error) }
        let tree = network.parameters
        let parameters = try storage(tree)
        let executor = Executor(network, clips: batch, mode: .training, pool: pool)
        try check(clips.count, executor.clips.count, "input/clips")
        for (index, value) in clips.enumerated() {
            executor.clips[index] = Float((Double(value) - Self.mean) / Self.deviation)
        }
        for (index, label) in labels.enumerated() { executor.labels[index] = label }
        let gradient = FloatBuffer(count: tree.trainableExtent)
        let statistics = FloatBuffer(count: tree.statisticsExtent)
        let result = executor.train(
            parameters: parameters, gradient: gradient, statistics: statistics)
        RunningStatistics.update(parameters, from: statistics, clips: batch)
        Optimizer(Self.optimizer, for: tree).apply(
            gradient, clips: batch, update: 0, rate: Self.optimizer.rate, to: parameters,
            pool: pool)
        VectorSums.scale(gradient.base, by: 1 / Float(batch), count: gradient.count)
        let loss = result.lossSum / Double(batch)
        return VerificationReport(
            reference: path, clips: batch, parameters: tree.trainableCount,
            kinds: [
                VerificationReport.Kind(
                    name: "loss", limit: 2e-5,
                    tensors: [.init(name: "loss", error: abs(loss - self.loss) / abs(self.loss))]),
                .comparing("logits", [("clip logits", Array(executor.clipLogits), logits)]),
                .comparing("gradients", try pairs(gradients, tree, gradient)),
                .comparing(
                    "running statistics", try pairs(after.buffers, tree, parameters.statistics)),
                .comparing(
                    "parameters after", try pairs(after.parameters, tree, parameters.values)),
            ])
    }

    private func network() throws(VerificationError) -> Network {
        let network: Network
        do { network = try Network(model) } catch { throw .model(path: path, error) }
        let own = network.parameters.trainable.map(\.name)
        let theirs = before.parameters.map(\.name)
        if let missing = own.first(where: { !theirs.contains($0) }) {
            throw .malformed(path: path, what: "parameters/\(missing) is missing")
        }
        if let extra = theirs.first(where: { !own.contains($0) }) {
            throw .malformed(path: path, what: "the model has no parameter \(extra)")
        }
        if labels.isEmpty { throw .malformed(path: path, what: "input/labels is empty") }
        if let label = labels.first(where: { !(0..<Int64(model.classes)).contains($0) }) {
            throw .malformed(
                path: path, what: "label \(label) is none of \(model.classes) classes")
        }
        let heads = network.graph.heads.count
        try check(logits.count, heads * batch * model.classes, "output/logits")
        return network
    }

    private func storage(_ tree: ParameterTree) throws(VerificationError) -> ParameterStorage {
        let storage = ParameterStorage(tree)
        for (tensors, values) in [
            (before.parameters, storage.values), (before.buffers, storage.statistics),
        ] {
            for tensor in tensors {
                let range = try range(of: tensor, tree)
                for (index, value) in zip(range, tensor.values) { values[index] = value }
            }
        }
        return storage
    }

    private func pairs(
        _ tensors: [Tensor], _ tree: ParameterTree, _ values: FloatBuffer
    ) throws(VerificationError) -> [(name: String, got: [Float], want: [Float])] {
        var pairs: [(name: String, got: [Float], want: [Float])] = []
        for tensor in tensors {
            let got = Array(values.floats[try range(of: tensor, tree)])
            pairs.append((tensor.name, got, tensor.values))
        }
        return pairs
    }

    private func range(
        of tensor: Tensor, _ tree: ParameterTree
    ) throws(VerificationError) -> Range<Int> {
        guard let parameter = tree[tensor.name] else {
            throw .malformed(path: path, what: "the model has no tensor \(tensor.name)")
        }
        try check(tensor.values.count, parameter.count, tensor.name)
        return parameter.range
    }

    private func check(_ got: Int, _ want: Int, _ what: String) throws(VerificationError) {
        if got != want {
            throw .malformed(path: path, what: "\(what) holds \(got) values and not \(want)")
        }
    }
}
