import TrainingProtocol

/// What outlives a coordinator: the journal, and saved states.
struct VirtualDisk: Sendable {
    enum Condition: Sendable { case sound, full, failing }

    private(set) var journal: [JournalRecord] = []
    private(set) var commits: [CommitEntry] = []
    /// Saved states by step, ascending.
    private(set) var states: [(step: Step, state: UInt64)] = []
    var condition = Condition.sound

    /// - Returns: Whether the record is durable.
    mutating func append(_ record: JournalRecord) -> Bool {
        guard condition == .sound else { return false }
        journal.append(record)
        if case .committed(let entry) = record { commits.append(entry) }
        return true
    }

    mutating func save(_ state: UInt64, of step: Step) -> Bool {
        guard condition == .sound else { return false }
        states.removeAll { $0.step == step }
        states.append((step, state))
        states.sort { $0.step < $1.step }
        // As many as a run keeps.
        if states.count > 3 { states.removeFirst() }
        return true
    }

    /// What a coordinator makes of it when it takes up the run, as `RunOpening` does.
    func options(_ plan: SimulationPlan, run: RunID) -> CoordinatorMachine.Options {
        let history = JournalHistory(journal)
        let start = states.last?.step ?? Step(0)
        return CoordinatorMachine.Options(
            run: run, term: history.lastTerm.next, schedule: plan.schedule,
            introduction: Introduction(
                configuration: "", dataAddress: "",
                dataset: DatasetSummary(
                    digest: Digest(high: 0, low: 0), classNames: [], splits: []),
                deadlines: plan.deadlines),
            start: start, workers: plan.workers, profile: history.profile,
            replayed: history.digests(from: start),
            chain: history.chain, generation: history.lastGeneration,
            lastWorker: history.lastWorker, saveEvery: plan.saveEvery,
            evaluateEvery: plan.evaluateEvery,
            evaluationBlocks: plan.evaluationBlocks)
    }
}
