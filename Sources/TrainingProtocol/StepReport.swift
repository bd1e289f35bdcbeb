/// A worker's account of a step.
public struct StepReport: Sendable, Equatable {
    public var digest: Digest
    public var slots: [SlotOutcome]
    public var times: PhaseTimes

    public init(digest: Digest, slots: [SlotOutcome], times: PhaseTimes) {
        self.digest = digest
        self.slots = slots
        self.times = times
    }
}

/// What a slot's forward pass came to.
public struct SlotOutcome: Sendable, Equatable {
    public var slot: Slot
    public var samples: Int
    /// Sum of the samples' losses.
    public var lossSum: Double
    public var correct: Int

    public init(slot: Slot, samples: Int, lossSum: Double, correct: Int) {
        self.slot = slot
        self.samples = samples
        self.lossSum = lossSum
        self.correct = correct
    }
}

/// How long a worker spent in each phase of a step.
public struct PhaseTimes: Sendable, Equatable {
    public var waitingForClips: Duration
    public var computing: Duration
    public var reducing: Duration
    /// Of the update before this step.
    public var updating: Duration

    public init(
        waitingForClips: Duration = .zero, computing: Duration = .zero, reducing: Duration = .zero,
        updating: Duration = .zero
    ) {
        self.waitingForClips = waitingForClips
        self.computing = computing
        self.reducing = reducing
        self.updating = updating
    }
}

/// What one block of an evaluation came to.
public struct BlockOutcome: Sendable, Equatable {
    public var block: Int
    public var samples: Int
    /// Sum of the samples' losses.
    public var lossSum: Double
    public var top1: Int
    public var top5: Int

    public init(block: Int, samples: Int, lossSum: Double, top1: Int, top5: Int) {
        self.block = block
        self.samples = samples
        self.lossSum = lossSum
        self.top1 = top1
        self.top5 = top5
    }
}
