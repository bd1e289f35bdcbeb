/// What an audit of a journal came to: what is wrong, and who did what.
public struct JournalAuditReport: Sendable, Equatable {
    /// Something that cannot be in the journal of a sound run.
    public struct Finding: Sendable, Equatable, Encodable {
        /// The journal's line, from 1.
        public let line: Int
        /// The field of the record there.
        public let field: String
        public let problem: String
        /// What to do.
        public let remedy: String
    }

    /// What a worker did in committed steps.
    public struct Worker: Sendable, Equatable, Encodable {
        public let worker: WorkerID
        public let host: String
        /// Steps that it was a member at the commit of.
        public internal(set) var steps = 0
        /// Slots whose results it brought to those commits.
        public internal(set) var slots = 0
        /// Slots that it was dealt again, because another had held them when the step under way was taken over, or
        /// because the step was computed again from a saved state. It has computed so many again at most.
        public internal(set) var slotsAgain = 0
    }

    /// The beginning of a generation.
    public struct Change: Sendable, Equatable, Encodable {
        public enum Kind: String, Sendable, Equatable, Encodable {
            /// The first generation of a term.
            case begins
            /// Dealt afresh at the end of a step.
            case deals
            /// Takes over a step in the middle.
            case takesOver = "takes_over"
            /// Goes back to an earlier state, and computes the steps after it again.
            case rewinds
        }

        public let line: Int
        public let term: Term
        public let generation: Generation
        /// The step whose state it begins from.
        public let state: Step
        public let kind: Kind
        public let members: Int
        public let joined: [WorkerID]
        public let left: [WorkerID]
        /// Slots of the step under way that were held by those who left, and that changed hands.
        public let slotsLost: Int
        public let slotsMoved: Int
        public let reason: String
    }

    public struct Loss: Sendable, Equatable, Encodable {
        public let line: Int
        public let term: Term
        public let worker: WorkerID
        /// Absent where it was no member of any generation.
        public let host: String?
        /// The step that was under way.
        public let step: UInt64
        public let reason: String
    }

    /// How often an epoch's samples were counted.
    public struct EpochCount: Sendable, Equatable, Encodable {
        public let epoch: Epoch
        public let isFinished: Bool
        /// Samples that were counted once.
        public let once: Int
        public let missing: Int
        public let repeated: Int
    }

    public enum Ending: Sendable, Equatable {
        case completed(Step)
        case stopped(Step, reason: String)
        /// The journal just ends: the run is live, or its coordinator died.
        case open
    }

    public internal(set) var records = 0
    public internal(set) var run: RunID?
    public internal(set) var dataset: Digest?
    public internal(set) var terms = 0
    public internal(set) var commits = 0
    public internal(set) var lastStep = Step(0)
    public internal(set) var lastSaved = Step(0)
    /// The last link of the commit chain: runs that agree here agree on every step before.
    public internal(set) var chain = CommitChain.origin
    public internal(set) var ending = Ending.open
    /// Ascending.
    public internal(set) var epochs: [EpochCount] = []
    /// In the order of their numbers.
    public internal(set) var workers: [Worker] = []
    public internal(set) var changes: [Change] = []
    public internal(set) var losses: [Loss] = []
    /// In the order of the journal.
    public internal(set) var findings: [Finding] = []

    public var isClean: Bool { findings.isEmpty }

    /// Times that a step was given up in the middle and taken over.
    public var abortedSteps: Int { changes.count { $0.kind == .takesOver } }

    public init() {}
}

extension JournalAuditReport.Finding: CustomStringConvertible {
    public var description: String { "journal line \(line), \(field): \(problem); \(remedy)" }
}
