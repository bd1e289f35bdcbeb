import TrainingProtocol

/// What stands in for gradients: whole numbers whose every bit depends on everything that must go into them.
///
/// A slot's value is a function of state, step and slot; a step's reduced value of all slots' values, each once and in its
/// place; the next state of both. So a slot that is lost, doubled, stale or out of another step shows in the digest.
struct Arithmetic: Sendable {
    let schedule: StepSchedule

    /// The state of step 0.
    var first: UInt64 { SplitMix64.mix(schedule.seed ^ 0x5EED) }

    func value(of slot: Int, in step: Step, state: UInt64) -> UInt64 {
        var value = SplitMix64.mix(state ^ SplitMix64.mix(step.rawValue << 20 | UInt64(slot)))
        for sample in schedule.samples(of: Slot(slot), in: step) {
            value = SplitMix64.mix(value ^ UInt64(sample.rawValue))
        }
        return value
    }

    /// - Parameter sums: Slots and their values as the members bring them, in any order.
    static func reduced(_ sums: [(slot: Int, value: UInt64)]) -> UInt64 {
        var total: UInt64 = 0x0DD
        for sum in sums.sorted(by: { $0.slot < $1.slot }) {
            total = SplitMix64.mix(total ^ SplitMix64.mix(UInt64(sum.slot) &+ 77) &+ sum.value)
        }
        return total
    }

    static func next(_ state: UInt64, _ reduced: UInt64) -> UInt64 {
        SplitMix64.mix(state &* 3 ^ reduced)
    }

    static func digest(_ value: UInt64) -> Digest {
        Digest(high: SplitMix64.mix(value), low: value)
    }

    /// States and reduced values of a run that nothing disturbs, from step 0 on.
    func undisturbed() -> (states: [UInt64], reduced: [UInt64]) {
        var states = [first]
        var reduced: [UInt64] = [0]
        for number in 1...schedule.lastStep.rawValue {
            let step = Step(number)
            let state = states[states.count - 1]
            let sums = (0..<schedule.slots).map { ($0, value(of: $0, in: step, state: state)) }
            let total = Self.reduced(sums)
            reduced.append(total)
            states.append(Self.next(state, total))
        }
        return (states, reduced)
    }
}
