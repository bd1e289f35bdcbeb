/// The `train` section: how long, in what batches, by which rule, and what is kept on the way.
public struct TrainingConfiguration: Sendable, Hashable {
    /// How often something happens.
    public enum Cadence: Sendable, Hashable {
        case steps(Int)
        case epochs(Int)
    }

    /// Clips of one step, whatever the number of workers.
    public var batch: Int
    /// Logical shards of a step; no more workers than slots can compute at once.
    public var slots: Int
    /// Passes over the training split. The schedule is laid out over all of them.
    public var epochs: Int
    /// Stops the run after this many steps, before its epochs are over; it can be resumed.
    public var steps: Int?
    public var optimizer: OptimizerConfiguration
    public var schedule: ScheduleConfiguration
    public var checkpointEvery: Cadence
    /// How many checkpoints stay on disk.
    public var keepCheckpoints: Int
    /// Epochs between evaluations of the validation split; 0 evaluates only the final weights.
    public var evaluateEveryEpochs: Int

    public init(
        batch: Int = 32, slots: Int = 8, epochs: Int = 100, steps: Int? = nil,
        optimizer: OptimizerConfiguration = OptimizerConfiguration(),
        schedule: ScheduleConfiguration = ScheduleConfiguration(),
        checkpointEvery: Cadence = .epochs(1), keepCheckpoints: Int = 3,
        evaluateEveryEpochs: Int = 1
    ) {
        self.batch = batch
        self.slots = slots
        self.epochs = epochs
        self.steps = steps
        self.optimizer = optimizer
        self.schedule = schedule
        self.checkpointEvery = checkpointEvery
        self.keepCheckpoints = keepCheckpoints
        self.evaluateEveryEpochs = evaluateEveryEpochs
    }

    /// Steps of an epoch over `samples` clips; the last one may be short.
    public func stepsPerEpoch(samples: Int) -> Int {
        (samples + batch - 1) / batch
    }
}
