/// What a journal tells a coordinator that takes up the run.
public struct JournalHistory: Sendable {
    public private(set) var run: RunID?
    public private(set) var lastTerm = Term(0)
    public private(set) var dataset: Digest?
    public private(set) var profile: [ProfileEntry]?
    /// By step; a step that was computed again is here once.
    public private(set) var commits: [CommitEntry] = []
    public private(set) var lastGeneration = Generation(0)
    public private(set) var lastWorker = WorkerID(0)
    /// How it ended; nil where it did not, or was begun again since.
    public private(set) var end: Outcome?

    /// - Parameter records: In their order.
    public init(_ records: some Sequence<JournalRecord>) {
        for record in records { read(record) }
    }

    /// Whether nothing is left to train.
    public var isComplete: Bool { if case .completed = end { true } else { false } }

    /// The last link of the chain of commits.
    public var chain: Digest { commits.last?.chain ?? CommitChain.origin }

    /// Digests of a step and all after it: who starts from its state must come to them again.
    public func digests(from step: Step) -> [Step: Digest] {
        let later = commits.filter { $0.step >= step }
        return Dictionary(later.map { ($0.step, $0.digest) }) { first, _ in first }
    }

    private mutating func read(_ record: JournalRecord) {
        switch record {
        case .opened(let term, let run, _, let dataset):
            self.run = run
            self.dataset = dataset
            lastTerm = term
            end = nil
        case .pinned(let profile):
            self.profile = profile
        case .committed(let entry):
            commits.append(entry)
        case .began(let generation, _, let members, _, _):
            lastGeneration = generation
            lastWorker = members.map(\.worker).reduce(lastWorker, max)
        case .lost(let worker, _):
            lastWorker = max(lastWorker, worker)
        case .completed(let step):
            end = .completed(step)
        case .stopped(let step, let reason):
            end = .stopped(saved: step, reason: reason)
        case .saved:
            break
        }
    }
}
