/// The `train` section: how long, in what batches, by which rule, and what is kept on the way.
public struct TrainingConfiguration: Sendable, Hashable {
    /// How often something happens.
    public enum Cadence: Sendable, Hashable {
        case steps(Int)
        case epochs(Int)
    }

    /// What convolutions multiply; weights, sums and updates are float32 in any.
    public enum Precision: String, Sendable, Hashable, CaseIterable {
        case fp32, bf16
    }

    /// Clips of one step, whatever the number of workers.
    public var batch: Int
    /// Logical shards of a step; no more workers than slots can compute at once.
    public var slots: Int
    public var precision: Precision
    /// Passes over the training split. The schedule is laid out over all of them.
    public var epochs: Int
    /// Stops the run after this many steps, before its epochs are over; it can be resumed.
    public var steps: Int?
    public var optimizer: OptimizerConfiguration
    public var schedule: ScheduleConfiguration
    /// Part of a label's probability that goes to all classes alike (Szegedy et al., 2016).
    public var labelSmoothing: Double
    /// Both parameters of the Beta distribution that clips of a slot are mixed by (Zhang et al.,
    /// mixup, 2018); 0 mixes none.
    public var mixup: Double
    /// The gradient's largest Euclidean norm over all tensors; nil leaves it as it is.
    public var clipNorm: Double?
    /// Decay of the exponential moving average of the weights; 0 keeps none. Evaluation takes the
    /// average where there is one.
    public var ema: Double
    /// Names of tensors, or of layers that hold them, that stay as they start; `*` stands for any
    /// letters but a dot. Batch norm that is frozen uses its running statistics.
    public var freeze: [String]
    /// A run's directory or a safetensors file that the first weights come from, by name; nil draws
    /// them from the seed.
    public var from: String?
    /// SHA-256 of the weights that `from` named when the run began; the coordinator fills it in.
    public var fromSHA256: String?
    public var checkpointEvery: Cadence
    /// How many checkpoints stay on disk.
    public var keepCheckpoints: Int
    /// Epochs between evaluations of the validation split; 0 evaluates only the final weights.
    public var evaluateEveryEpochs: Int

    public init(
        batch: Int = 32, slots: Int = 8, precision: Precision = .fp32, epochs: Int = 100,
        steps: Int? = nil,
        optimizer: OptimizerConfiguration = OptimizerConfiguration(),
        schedule: ScheduleConfiguration = ScheduleConfiguration(),
        labelSmoothing: Double = 0, mixup: Double = 0, clipNorm: Double? = nil, ema: Double = 0,
        freeze: [String] = [], from: String? = nil, fromSHA256: String? = nil,
        checkpointEvery: Cadence = .epochs(1), keepCheckpoints: Int = 3,
        evaluateEveryEpochs: Int = 1
    ) {
        self.batch = batch
        self.slots = slots
        self.precision = precision
        self.epochs = epochs
        self.steps = steps
        self.optimizer = optimizer
        self.schedule = schedule
        self.labelSmoothing = labelSmoothing
        self.mixup = mixup
        self.clipNorm = clipNorm
        self.ema = ema
        self.freeze = freeze
        self.from = from
        self.fromSHA256 = fromSHA256
        self.checkpointEvery = checkpointEvery
        self.keepCheckpoints = keepCheckpoints
        self.evaluateEveryEpochs = evaluateEveryEpochs
    }

    /// Steps of an epoch over `samples` clips; the last one may be short.
    public func stepsPerEpoch(samples: Int) -> Int {
        (samples + batch - 1) / batch
    }
}
