public import Configuration

/// The learning rate as a pure function of the update's number.
public struct LearningRate: Sendable, Hashable {
    private let rate: Double
    private let schedule: ScheduleConfiguration
    private let warmupSteps: Double
    private let totalSteps: Double

    /// - Parameters:
    ///   - rate: the rate that the schedule's factor multiplies.
    ///   - stepsPerEpoch: updates of one epoch.
    ///   - epochs: epochs of the whole run.
    public init(
        _ rate: Double, schedule: ScheduleConfiguration, stepsPerEpoch: Int, epochs: Int
    ) {
        self.rate = rate
        self.schedule = schedule
        warmupSteps = schedule.warmupEpochs * Double(stepsPerEpoch)
        totalSteps = Double(epochs * stepsPerEpoch)
    }

    /// The rate of update `step`, from 0 on.
    public func rate(at step: Int) -> Double { rate * factor(at: Double(step)) }

    private func factor(at step: Double) -> Double {
        if step < warmupSteps {
            return schedule.warmupFactor + (1 - schedule.warmupFactor) * (step / warmupSteps)
        }
        switch schedule.kind {
        case .constant:
            return 1
        case .cosine:
            let length = totalSteps - warmupSteps
            let progress = length > 0 ? min(1, (step - warmupSteps) / length) : 1
            return schedule.finalFactor
                + (1 - schedule.finalFactor) * (1 + Self.cosine(halfTurns: progress)) / 2
        }
    }

    /// cos(pi x) for x in 0...1 by its Taylor series: the rate decides bits of the weights, and a
    /// library's cosine may differ between machines.
    private static func cosine(halfTurns x: Double) -> Double {
        if x > 0.5 { return -cosine(halfTurns: 1 - x) }
        let square = (x * .pi) * (x * .pi)
        var sum = 1.0
        for k in stride(from: 22, to: 0, by: -2) {
            sum = 1 - sum * square / Double(k * (k - 1))
        }
        return sum
    }
}
