public import ClipDatasets
public import Configuration
public import TrainingProtocol

/// Which splits a run uses, and what part of each clip it sees.
public struct RunSampling: Sendable {
    public let training: SplitSummary
    /// Nil where the dataset has no validation split.
    public let evaluation: SplitSummary?
    private let seed: UInt64
    private let drawn: ClipSampling
    private let mixup: Double
    private let centered: ClipSampling

    /// - Throws: `ConfigurationError` where dataset and configuration do not fit.
    public init(
        _ configuration: RunConfiguration, _ dataset: DatasetSummary
    ) throws(ConfigurationError) {
        let split = { (name: String) in dataset.splits.first { $0.name == name } }
        let clips = { (split: SplitSummary) in
            RunConfiguration.StoredClips(
                split: split.name, frames: split.frames, height: split.height, width: split.width,
                classes: dataset.classNames.count, samples: split.samples)
        }
        let data = configuration.data
        // A split that is not there holds no clip; the check says so.
        training =
            split(data.trainSplit)
            ?? SplitSummary(
                name: data.trainSplit, samples: 0, frames: configuration.model.input.frames,
                height: configuration.model.input.size, width: configuration.model.input.size)
        try configuration.check(against: clips(training))
        evaluation = split(data.validationSplit)
        if let evaluation {
            try configuration.check(against: clips(evaluation), forTraining: false)
        }
        seed = configuration.seed
        let input = configuration.model.input
        var drawn = ClipSampling(
            frames: input.frames, size: input.size, stride: data.stride,
            window: data.window == .center ? .center : .random,
            crop: data.crop == .center ? .center : .random, flip: data.flip)
        drawn.strideJitter = data.augment.time
        if let scale = data.augment.scale {
            drawn.scaling = .jitter(scale)
        } else if let area = data.augment.area {
            drawn.scaling = .area(area, aspect: data.augment.aspect)
        }
        drawn.brightness = data.augment.brightness
        drawn.contrast = data.augment.contrast
        drawn.saturation = data.augment.saturation
        drawn.blur = data.blur
        self.drawn = drawn
        mixup = configuration.train.mixup
        centered = .evaluation(frames: input.frames, size: input.size, stride: data.stride)
    }

    /// What training sees of a clip in an epoch: a function of (seed, epoch, sample).
    public func trainingView(_ sample: SampleID, in epoch: Epoch) -> ClipView {
        view(drawn, sample, epoch: Int(epoch.rawValue), of: training)
    }

    /// The part of a clip that is its own in an epoch, where it is mixed with its slot's partner: a
    /// function of (seed, epoch, sample); 1 without mixup.
    public func mixture(of sample: SampleID, in epoch: Epoch) -> Float {
        guard mixup > 0 else { return 1 }
        let draws = ClipDraws(seed: seed, epoch: Int(epoch.rawValue), sample: sample.rawValue)
        return draws.mixture(alpha: mixup)
    }

    /// What an evaluation sees of a clip: the middle.
    public func evaluationView(_ sample: SampleID, of split: SplitSummary) -> ClipView {
        view(centered, sample, epoch: 0, of: split)
    }

    private func view(
        _ sampling: ClipSampling, _ sample: SampleID, epoch: Int, of split: SplitSummary
    ) -> ClipView {
        do throws(ClipDecodingError) {
            return try sampling.view(
                seed: seed, epoch: epoch, sample: sample.rawValue,
                clip: (split.frames, split.height, split.width))
        } catch {
            preconditionFailure("a view was asked of a split that was not checked: \(error)")
        }
    }
}
