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
    let configuration: RunConfiguration
    /// The step whose weights these are.
    public let step: Int
    let parameters: ParameterStorage
    let pool: ThreadPool
    private let input: InputConfiguration
    private let executors: ExecutorCache

    /// - Parameter size: Height and width of the crops that are scored, where they are not the configuration's.
    /// - Throws: `ModelError`, `SavedStateError`, `ThreadPoolError`.
    public init(
        configuration: RunConfiguration, checkpoint: Checkpoint, threads: Int, size: Int? = nil
    ) throws {
        self.configuration = configuration
        step = checkpoint.step
        var input = configuration.model.input
        input.size = size ?? input.size
        self.input = input
        let network = try Network(configuration, evaluationSize: size)
        parameters = try TrainingState.scoredParameters(of: checkpoint, configuration)
        pool = try ThreadPool(threads: threads)
        executors = ExecutorCache(network, pool: pool)
    }

    /// f1..fn, as the configuration calls them.
    public var modelNames: [String] {
        switch configuration.model.architecture {
        case .slowFastLSTM(let family): family.models.map(\.name)
        case .slowFast: ["slowfast"]
        }
    }

    /// Scores every clip of a split by the mean of the probabilities of its views.
    ///
    /// - Parameters:
    ///   - views: Several windows spread over a clip's own length; a single one lies as in the evaluation of a run.
    ///   - progress: Called with the number of clips that are done.
    /// - Throws: `ConfigurationError` where the clips do not fit the model, `ClipDatasetError`,
    ///   `ClipDecodingError`.
    public func evaluate(
        _ split: ClipSplit, classNames: [String], views: ViewGrid = .single,
        progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationReport {
        try check(split, classes: classNames.count)
        var report = EvaluationReport(modelNames: modelNames, classNames: classNames)
        var done = 0
        try predict(split.count, of: views.count) { sample in
            try self.views(views, of: sample, in: split)
        } each: { prediction in
            report.add(prediction, label: split.labels[done])
            done += 1
            progress(done)
        }
        if let names = split.videoIDs { report.judgeVideos(names) }
        return report
    }

    /// What the network makes of clips that are not of a dataset, as of a video's windows: the mean over all of
    /// them and their squares.
    ///
    /// - Parameters:
    ///   - clips: One or more; each holds just the frames that a network sees.
    ///   - spatialViews: Squares of each clip.
    /// - Throws: `ClipDecodingError` where a clip does not fit.
    public func predict(
        _ clips: [EncodedClip], spatialViews: Int
    ) throws(ClipDecodingError) -> Prediction {
        let sampling = ClipSampling.evaluation(frames: input.frames, size: input.size)
        var views: [LabeledClip] = []
        for clip in clips {
            // Nothing reads a label where nothing is scored.
            views += try sampling.views(
                ViewGrid(temporal: 1, spatial: spatialViews), sample: clip.index,
                clip: (clip.frames, clip.height, clip.width)
            ).map { LabeledClip(clip: clip, view: $0, label: 0) }
        }
        var predictions: [Prediction] = []
        for first in stride(from: 0, to: views.count, by: EvaluationBlocks.size) {
            predictions += try executors.predict(
                Array(views[first..<min(first + EvaluationBlocks.size, views.count)]),
                parameters: parameters)
        }
        return Prediction(averaging: predictions)
    }

    private func check(_ split: ClipSplit, classes: Int) throws(ConfigurationError) {
        var seen = configuration
        seen.model.input = input
        try seen.check(
            against: RunConfiguration.StoredClips(
                split: split.name, frames: split.frames, height: split.height, width: split.width,
                classes: classes, samples: split.count), forTraining: false)
    }

    /// A clip's views, of one reading and one decoding.
    private func views(
        _ grid: ViewGrid, of sample: Int, in split: ClipSplit
    ) throws -> [LabeledClip] {
        let sampling = ClipSampling.evaluation(
            frames: input.frames, size: input.size, stride: configuration.data.stride)
        let frames = grid.temporal == 1 ? split.frames : try split.frameCount(ofClip: sample)
        let views = try sampling.views(
            grid, sample: sample, clip: (frames, split.height, split.width))
        let first = views.map(\.span.lowerBound).min() ?? 0
        let end = views.map(\.span.upperBound).max() ?? 0
        var clip = try split.readClip(sample, frames: first..<end)
        if views.count > 1 { clip = try clip.decodedClip() }
        return views.map { LabeledClip(clip: clip, view: $0, label: split.labels[sample]) }
    }

    /// Predictions of samples in their order, each of so many views, which `views` gives.
    private func predict(
        _ samples: Int, of count: Int, views: (Int) throws -> [LabeledClip],
        each: (Prediction) -> Void
    ) throws {
        var waiting: [LabeledClip] = []
        var predicted: [Prediction] = []
        func flush() throws {
            predicted += try executors.predict(waiting, parameters: parameters)
            waiting.removeAll()
            while predicted.count >= count {
                each(Prediction(averaging: Array(predicted.prefix(count))))
                predicted.removeFirst(count)
            }
        }
        for sample in 0..<samples {
            for view in try views(sample) {
                waiting.append(view)
                // The same blocks as in the evaluation of a run.
                if waiting.count == EvaluationBlocks.size { try flush() }
            }
        }
        try flush()
    }
}
