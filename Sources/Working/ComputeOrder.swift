import TrainingProtocol

/// What the control thread asks of the compute thread, to be done one after another.
enum ComputeOrder: Sendable {
    case prepare(RunID, Term, Introduction)
    case adopt(Generation, members: [Member], Rank)
    case load(Step, Generation, StateSource)
    case attest(Step, Generation)
    case compute(Step, Generation, slots: SlotSet, contested: SlotSet)
    case reduce(Step, Generation)
    case update(Step)
    case evaluate(Step, Generation, blocks: [Int])
    case upload(Step)
    case stop
}
