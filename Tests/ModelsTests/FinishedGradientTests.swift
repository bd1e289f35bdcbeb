import Configuration
import Models
import Networks
import Tensors
import Testing

@Suite("The stages of a backward pass")
struct FinishedGradientTests {
    private static let shared: [(SharingConfiguration.Kind, FastBranchConfiguration.Encoder)] = [
        (.none, .convLSTM), (.sameLevel, .lstm), (.crossLevel, .transformer),
    ]

    private func network(_ index: Int) throws -> Network {
        let (kind, encoder) = Self.shared[index]
        var fast = FastBranchConfiguration()
        fast.encoder = encoder
        return try Network(
            ModelConfiguration(
                classes: 5, input: InputConfiguration(frames: 8, size: 32),
                architecture: .slowFastLSTM(
                    SlowFastLSTMConfiguration(
                        models: [
                            TwoBranchConfiguration(name: "f1", alpha: 4),
                            TwoBranchConfiguration(name: "f2", alpha: 2),
                        ],
                        slow: SlowBranchConfiguration(
                            block: .basic, layers: [1, 2, 1, 1], width: 8),
                        fast: fast,
                        sharing: SharingConfiguration(kind: kind, templates: 2)))))
    }

    @Test("leave what they call final as it is at the end", arguments: shared.indices)
    func final(index: Int) throws {
        let network = try network(index)
        let tree = network.parameters
        let executor = Executor(
            network, clips: 2, mode: .training, pool: try ThreadPool(threads: 2))
        let parameters = ParameterStorage(tree)
        tree.initialise(parameters, seed: 3)
        for place in executor.clips.indices {
            executor.clips[place] = Float((place &* 7919) % 1009) / 500 - 1
        }
        executor.labels[1] = 3
        let gradient = FloatBuffer(count: tree.gradientExtent)
        let statistics = FloatBuffer(count: tree.batchStatisticsExtent)
        let parts = executor.plan.finishedGradients
        #expect(parts.count == tree.trained.count)
        var early: [(floats: Range<Int>, values: [Float])] = []
        var means: [Float]?
        var stages: [Int] = []
        let progress = GradientProgress(plan: executor.plan) { stage in
            stages.append(stage)
            if stage == 0 { means = Array(statistics.floats) }
            for part in parts where part.stage == stage {
                early.append((part.floats, Array(gradient.floats[part.floats])))
            }
        }
        gradient.floats.update(repeating: .nan)
        _ = executor.train(
            parameters: parameters, gradient: gradient, statistics: statistics, progress: progress)
        #expect(stages == Array(0..<stages.count))
        #expect(early.count == parts.count, "every tensor is final at some stage")
        for part in early { #expect(part.values == Array(gradient.floats[part.floats])) }
        #expect(means == Array(statistics.floats))
        // Not all at the end: that is what they are for.
        #expect(parts.filter { $0.stage < stages.count / 2 }.count > parts.count / 3)
    }
}
