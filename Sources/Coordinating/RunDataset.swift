import ClipDatasets
import Configuration
import Training
import TrainingProtocol

/// A run's clips, and what it sees of them.
struct RunDataset {
    let clips: ClipDataset
    let summary: DatasetSummary
    let sampling: RunSampling

    /// - Parameters:
    ///   - path: Of the clips, instead of the configuration's.
    ///   - check: Refuses clips before anything is said of how they fit the configuration.
    init(
        _ configuration: RunConfiguration, at path: String? = nil,
        check: (DatasetSummary) throws -> Void = { _ in }
    ) throws {
        clips = try ClipDataset.ofRun(configuration, at: path)
        summary = try clips.summary()
        try check(summary)
        sampling = try RunSampling(configuration, summary)
    }

    /// The clips of a slot, as a worker gets them.
    func clips(
        of slot: Slot, in step: Step, _ schedule: StepSchedule
    ) throws -> [LabeledClip] {
        let split = try clips.split(sampling.training.name)
        let epoch = schedule.epoch(of: step)
        return try schedule.samples(of: slot, in: step).map { sample in
            let view = sampling.trainingView(sample, in: epoch)
            return LabeledClip(
                clip: try split.readClip(sample.rawValue, frames: view.span), view: view,
                label: split.labels[sample.rawValue],
                mixture: sampling.mixture(of: sample, in: epoch))
        }
    }
}
