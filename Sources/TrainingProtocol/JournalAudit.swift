/// Proves from a run's journal that no sample was lost or counted twice, and tells who did what.
///
/// It takes the records in their order and recomputes what they must say: which samples a step counts
/// (`StepSchedule`), the commit chain (`CommitChain`), who may hold which slots. Nothing is believed because it was
/// written; what a fault makes doubtful is reported once, and the audit goes on from what is written.
///
///     var audit = JournalAudit(schedule)
///     for record in records { audit.read(record) }
///     print(audit.report().findings)
public struct JournalAudit: Sendable {
    /// The generation under way.
    struct Deal: Sendable {
        let generation: Generation
        let state: Step
        let members: [MemberEntry]
        /// The newest step whose state its members are known to hold.
        var position: Step
        /// Members that were lost since it began, or since its last commit.
        var lost: [WorkerID] = []

        func set(of worker: WorkerID) -> SlotSet? {
            members.first { $0.worker == worker }?.slots
        }
    }

    let schedule: StepSchedule
    var report = JournalAuditReport()
    /// Of the record that is read.
    var line = 0
    var term: Term?
    var profile: [ProfileEntry]?
    var newestGeneration = Generation(0)
    var deal: Deal?
    /// The lines of commits, by step.
    var commitLines: [Step: Int] = [:]
    var tallies: [EpochTally] = []
    var lostLines: [WorkerID: Int] = [:]
    /// Places in the report's workers.
    var places: [WorkerID: Int] = [:]

    /// - Parameter schedule: Of the run's configuration and its number of training samples.
    public init(_ schedule: StepSchedule) {
        self.schedule = schedule
    }

    /// The audit of a whole journal.
    public static func report(
        of records: [JournalRecord], _ schedule: StepSchedule
    ) -> JournalAuditReport {
        var audit = JournalAudit(schedule)
        for record in records { audit.read(record) }
        return audit.finished()
    }

    /// Takes the next record of the journal.
    public mutating func read(_ record: JournalRecord) {
        line += 1
        report.records = line
        if term == nil {
            guard case .opened = record else {
                find("record", "the journal does not begin with a coordinator's term", .restore)
                term = Term(0)
                return read(next: record)
            }
        }
        read(next: record)
    }

    private mutating func read(next record: JournalRecord) {
        switch record {
        case .opened(let term, let run, let state, let dataset):
            opened(term, run, state, dataset)
        case .pinned(let profile): pinned(profile)
        case .began(let generation, let state, let members, let takesOver, let reason):
            began(generation, state, members, takesOver, reason)
        case .committed(let entry): committed(entry)
        case .saved(let step):
            requireCommitted(step, "step", "is said to be saved")
            report.lastSaved = max(report.lastSaved, min(step, report.lastStep))
        case .lost(let worker, let reason): lost(worker, reason)
        case .stopped(let state, let reason):
            requireCommitted(state, "state", "is said to be where the run stopped")
            report.ending = .stopped(state, reason: reason)
        case .completed(let state):
            if state != report.lastStep {
                find(
                    "state",
                    "the run is said to be complete at step \(state), and the last commit is of step "
                        + "\(report.lastStep)", .restore)
            }
            report.ending = .completed(state)
        }
    }

    /// The report, once all records are read.
    public func finished() -> JournalAuditReport {
        var ended = self
        ended.countEpochs()
        ended.report.workers.sort { $0.worker < $1.worker }
        // Of one line in the order of their finding.
        ended.report.findings = ended.report.findings.enumerated().sorted {
            ($0.element.line, $0.offset) < ($1.element.line, $1.offset)
        }.map(\.element)
        return ended.report
    }

    // MARK: Terms

    private mutating func opened(_ term: Term, _ run: RunID, _ state: Step, _ dataset: Digest) {
        if let before = self.term, report.terms > 0, term <= before {
            find("term", "term \(term) comes behind term \(before)", .restore)
        }
        if let before = report.run, before != run {
            find("run", "this is of run \(run), the lines before of run \(before)", .restore)
        }
        if let before = report.dataset, before != dataset {
            find(
                "dataset", "the dataset's digest is \(dataset), and was \(before)",
                "train with one dataset, and start the run anew")
        }
        requireCommitted(state, "state", "is said to be where this term starts")
        self.term = term
        report.terms += 1
        report.run = report.run ?? run
        report.dataset = report.dataset ?? dataset
        report.ending = .open
        deal = nil
    }

    private mutating func pinned(_ profile: [ProfileEntry]) {
        if let before = self.profile, before != profile {
            find(
                "profile", "the numerics profile is another than the one pinned before",
                "steps before and after were computed with other bits; start the run anew")
        }
        self.profile = self.profile ?? profile
    }

    /// A state that can be had is of a step that was committed, or of none.
    func isCommitted(_ step: Step) -> Bool { step <= report.lastStep }

    private mutating func requireCommitted(_ step: Step, _ field: String, _ claim: String) {
        guard !isCommitted(step) else { return }
        find(
            field, "step \(step) \(claim), and the last commit is of step \(report.lastStep)",
            .restore)
    }

    // MARK: Findings

    mutating func find(
        _ field: String, _ problem: String, _ remedy: String, line: Int? = nil
    ) {
        report.findings.append(
            JournalAuditReport.Finding(
                line: line ?? self.line, field: field, problem: problem, remedy: remedy))
    }
}

extension String {
    /// For what only damage explains.
    static var restore: String {
        "the journal was cut, spliced or edited: restore it from a copy"
    }

    /// For what the protocol rules out.
    static var distrust: String {
        "the coordinator must never write this: keep the run's directory and report the fault"
    }
}
