public import Configuration
public import TrainingProtocol

extension StepSchedule {
    /// The schedule of a run over a training split of so many clips.
    public init(_ configuration: RunConfiguration, samples: Int) {
        self.init(
            seed: configuration.seed, samples: samples, batch: configuration.train.batch,
            slots: configuration.train.slots, epochs: configuration.train.epochs,
            stepLimit: configuration.train.steps)
    }
}
