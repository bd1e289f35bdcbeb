public import Checkpoints
public import ClipDatasets
public import Configuration
import Models
import Networks
import Tensors
import TrainingProtocol

/// Scores the weights of a checkpoint on a split, in one process.
///
/// It belongs to one thread, which also runs its pool.
public final class Evaluator {
    private let configuration: RunConfiguration
    private let parameters: ParameterStorage
    private let executors: ExecutorCache

    /// - Throws: `ModelError`, `SavedStateError`, `ThreadPoolError`.
    public init(
        configuration: RunConfiguration, checkpoint: Checkpoint, threads: Int
    ) throws {
        self.configuration = configuration
        let network = try Network(configuration)
        // Of the optimiser's vectors, only the weights' average is needed to score.
        let layout =
            configuration.train.ema > 0
            ? try TrainingState.Layout(configuration)
            : TrainingState.Layout(tree: network.parameters, optimizerVectors: [])
        parameters = try TrainingState(layout: layout, checkpoint: checkpoint).scoredParameters
        executors = ExecutorCache(network, pool: try ThreadPool(threads: threads))
    }

    /// Scores every clip of a split: the middle of its time and space.
    ///
    /// - Parameter progress: Called with the number of clips that are done.
    /// - Throws: `ConfigurationError` where the clips do not fit the model, `ClipDatasetError`,
    ///   `ClipDecodingError`.
    public func evaluate(
        _ split: ClipSplit, classNames: [String], progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationReport {
        try configuration.check(
            against: RunConfiguration.StoredClips(
                split: split.name, frames: split.frames, height: split.height, width: split.width,
                classes: classNames.count, samples: split.count), forTraining: false)
        let input = configuration.model.input
        let sampling = ClipSampling.evaluation(
            frames: input.frames, size: input.size, stride: configuration.data.stride)
        let blocks = EvaluationBlocks(samples: split.count)
        var report = EvaluationReport(classNames: classNames)
        for block in 0..<blocks.count {
            var clips: [LabeledClip] = []
            for sample in blocks.samples(of: block) {
                let view = try sampling.view(
                    seed: configuration.seed, epoch: 0, sample: sample,
                    clip: (split.frames, split.height, split.width))
                clips.append(
                    LabeledClip(
                        clip: try split.readClip(sample, frames: view.span), view: view,
                        label: split.labels[sample]))
            }
            for prediction in try executors.predict(clips, parameters: parameters) {
                report.add(prediction)
            }
            progress(blocks.samples(of: block).upperBound)
        }
        return report
    }
}
