import ClipDatasets
public import Configuration
import Models
import Networks
import Optimizers
public import Tensors
public import TrainingProtocol

/// What one process does with clips and a network: a slot's gradient, an update, an evaluation's scores.
///
/// It belongs to one thread, which also runs its pool.
public final class Trainer {
    public let configuration: RunConfiguration
    public let schedule: StepSchedule
    public let sampling: RunSampling
    public let state: TrainingState
    private let network: Network
    private let optimizer: Optimizer
    private let rate: LearningRate
    private let executors: ExecutorCache
    private let pool: ThreadPool
    /// What evaluation scores, until the next update.
    private var scored: ParameterStorage?

    /// - Throws: `ConfigurationError`, `ModelError`, `ThreadPoolError`.
    public init(
        configuration: RunConfiguration, dataset: DatasetSummary, threads: Int
    ) throws {
        self.configuration = configuration
        sampling = try RunSampling(configuration, dataset)
        schedule = StepSchedule(configuration, samples: sampling.training.samples)
        network = try Network(configuration)
        optimizer = Optimizer(configuration.train, for: network.parameters)
        rate = LearningRate(
            configuration.train.optimizer.rate, schedule: configuration.train.schedule,
            stepsPerEpoch: schedule.stepsPerEpoch, epochs: configuration.train.epochs)
        pool = try ThreadPool(threads: threads)
        executors = ExecutorCache(
            network, pool: pool, labelSmoothing: configuration.train.labelSmoothing)
        state = TrainingState(
            layout: TrainingState.Layout(
                tree: network.parameters, optimizerVectors: optimizer.state.map(\.name)),
            parameters: ParameterStorage(network.parameters),
            optimizer: optimizer.state.map(\.values))
    }

    /// Draws the first weights from the configuration's seed.
    public func initialize() {
        network.parameters.initialise(state.parameters, seed: configuration.seed)
        scored = nil
    }

    /// Forgets what was made of a state that is another one now.
    public func stateChanged() { scored = nil }

    /// Floats of what a slot yields: the gradient, then the batch-norm statistics.
    public var vectorCount: Int {
        network.parameters.gradientExtent + network.parameters.batchStatisticsExtent
    }

    /// Stands for the network's parameters by name, shape and role, in their order.
    public var modelDigest: Digest {
        let tree = network.parameters
        let text = (tree.trainable + tree.statistics).map {
            "\($0.name) \($0.shape) \($0.role)\n"
        }.joined()
        let digest = Array(text.utf8).withUnsafeBytes { Digest128(of: $0) }
        return Digest(high: digest.high, low: digest.low)
    }

    // MARK: A step

    /// Computes a slot: the gradient's sum over its clips, and their batch-norm statistics times their count.
    ///
    /// - Parameters:
    ///   - step: What a network draws in training depends on the step's epoch.
    ///   - vector: Overwritten; `vectorCount` floats.
    ///   - progress: Told of the stages of `finishedParts` as they are reached.
    /// - Throws: `ClipDecodingError` for a clip that is damaged.
    public func compute(
        _ slot: Slot, in step: Step, _ clips: [LabeledClip], into vector: FloatBuffer,
        progress: ((Int) -> Void)? = nil
    ) throws(ClipDecodingError) -> SlotOutcome {
        guard !clips.isEmpty else {
            vector.floats.update(repeating: 0)
            progress?(.max)
            return SlotOutcome(slot: slot, samples: 0, lossSum: 0, correct: 0)
        }
        let executor = executors.executor(clips: clips.count, mode: .training)
        try executor.fill(with: clips, pool: pool)
        let epoch = Int(schedule.epoch(of: step).rawValue)
        for (index, clip) in clips.enumerated() {
            executor.keys[index] =
                ClipDraws(seed: configuration.seed, epoch: epoch, sample: clip.clip.index)
                .networkKey
        }
        let (gradient, statistics) = parts(of: vector)
        let result =
            if let progress {
                executor.train(
                    parameters: state.parameters, gradient: gradient, statistics: statistics,
                    progress: GradientProgress(plan: executor.plan, advanced: progress))
            } else {
                executor.train(
                    parameters: state.parameters, gradient: gradient, statistics: statistics)
            }
        return SlotOutcome(
            slot: slot, samples: clips.count, lossSum: result.lossSum, correct: result.correct)
    }

    /// The parts of a vector that `compute` finishes for so many clips, in their order, and the stage of the pass from
    /// which each is final.
    public func finishedParts(clips: Int) -> [(floats: Range<Int>, stage: Int)] {
        guard clips > 0 else { return [(0..<vectorCount, .max)] }
        let plan = executors.executor(clips: clips, mode: .training).plan
        let extent = network.parameters.gradientExtent
        // Statistics are of the way forward.
        return plan.finishedGradients.map { ($0.floats, $0.stage) } + [(extent..<vectorCount, 0)]
    }

    /// Applies a step: from the state before it to the state after it.
    ///
    /// - Parameter reduced: The sum over all slots, as `compute` lays it out.
    public func update(_ step: Step, reduced: FloatBuffer) {
        let clips = schedule.sampleCount(in: step)
        // Steps count from 1, updates from 0.
        let update = Int(step.rawValue) - 1
        let (gradient, statistics) = parts(of: reduced)
        optimizer.apply(
            gradient, clips: clips, update: update, rate: rate.rate(at: update),
            to: state.parameters, pool: pool)
        RunningStatistics.update(state.parameters, from: statistics, clips: clips)
        scored = nil
    }

    /// The gradient and the statistics in a vector of `vectorCount` floats.
    private func parts(of vector: FloatBuffer) -> (gradient: FloatBuffer, statistics: FloatBuffer) {
        let extent = network.parameters.gradientExtent
        return (vector.slice(0..<extent), vector.slice(extent..<vectorCount))
    }

    // MARK: Evaluation

    /// The blocks of an evaluation; none where the dataset has no validation split.
    public var evaluationBlocks: EvaluationBlocks {
        EvaluationBlocks(samples: sampling.evaluation?.samples ?? 0)
    }

    /// Scores a block of clips with the running statistics: of several models, their ensemble.
    public func evaluate(
        _ block: Int, _ clips: [LabeledClip]
    ) throws(ClipDecodingError) -> BlockOutcome {
        let predictions = try predict(clips)
        var outcome = BlockOutcome(
            block: block, samples: clips.count, lossSum: 0, top1: 0, top5: 0)
        for (prediction, clip) in zip(predictions, clips) {
            let rank = prediction.ensemble.rank(of: clip.label)
            outcome.lossSum += prediction.ensemble.loss(of: clip.label)
            outcome.top1 += rank < 1 ? 1 : 0
            outcome.top5 += rank < 5 ? 1 : 0
        }
        return outcome
    }

    /// What the network makes of clips, with the weights' average where one is kept, and the running
    /// statistics.
    public func predict(_ clips: [LabeledClip]) throws(ClipDecodingError) -> [Prediction] {
        let parameters = scored ?? state.scoredParameters
        scored = parameters
        return try executors.predict(clips, parameters: parameters)
    }
}
