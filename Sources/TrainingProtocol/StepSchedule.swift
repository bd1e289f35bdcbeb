/// Which clips belong to which slot of which step: `(seed, step, slot) -> samples`, the same for everyone.
///
/// Every epoch visits every sample exactly once. The last batch of an epoch may be short; its slots then hold
/// fewer samples, or none.
public struct StepSchedule: Sendable, Equatable {
    public let seed: UInt64
    /// Clips in the training split.
    public let samples: Int
    /// Clips in a full step, whatever the number of workers.
    public let batch: Int
    public let slots: Int
    /// The run's last step; the run is complete when it is committed.
    public let lastStep: Step

    public let stepsPerEpoch: Int

    /// - Parameter stepLimit: ends the run after this many steps where that is before the last epoch's end.
    public init(
        seed: UInt64, samples: Int, batch: Int, slots: Int, epochs: Int, stepLimit: Int? = nil
    ) {
        precondition(samples > 0 && batch > 0 && slots > 0 && epochs > 0)
        precondition(stepLimit.map { $0 > 0 } ?? true)
        self.seed = seed
        self.samples = samples
        self.batch = batch
        self.slots = slots
        stepsPerEpoch = (samples + batch - 1) / batch
        let all = epochs * stepsPerEpoch
        lastStep = Step(UInt64(min(stepLimit ?? all, all)))
    }

    /// The epoch that a step belongs to. Steps count from 1.
    public func epoch(of step: Step) -> Epoch {
        Epoch((step.rawValue - 1) / UInt64(stepsPerEpoch))
    }

    /// Whether a step is the last of its epoch.
    public func endsEpoch(_ step: Step) -> Bool {
        step.rawValue > 0 && step.rawValue % UInt64(stepsPerEpoch) == 0
    }

    /// The clips of a step: `batch`, or what is left of the epoch.
    public func sampleCount(in step: Step) -> Int {
        positions(of: step).count
    }

    /// A slot's samples in the order in which they lie in its batch.
    public func samples(of slot: Slot, in step: Step) -> [SampleID] {
        let order = SampleOrder(seed: seed, epoch: epoch(of: step), count: samples)
        return positions(of: slot, in: step).map { order[$0] }
    }

    /// All samples of a step in slot order.
    public func samples(in step: Step) -> [SampleID] {
        let order = SampleOrder(seed: seed, epoch: epoch(of: step), count: samples)
        return positions(of: step).map { order[$0] }
    }

    /// How many samples a slot of a step holds.
    public func sampleCount(of slot: Slot, in step: Step) -> Int {
        positions(of: slot, in: step).count
    }

    private func positions(of step: Step) -> Range<Int> {
        let first = Int((step.rawValue - 1) % UInt64(stepsPerEpoch)) * batch
        return first..<min(first + batch, samples)
    }

    private func positions(of slot: Slot, in step: Step) -> Range<Int> {
        let all = positions(of: step)
        let first = all.lowerBound + slot.rawValue * all.count / slots
        let end = all.lowerBound + (slot.rawValue + 1) * all.count / slots
        return first..<end
    }
}
