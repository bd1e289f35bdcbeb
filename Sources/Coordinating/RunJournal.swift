import Checkpoints
import Foundation
import TrainingProtocol

/// The journal in the protocol's terms.
struct RunJournal {
    /// What an earlier term left behind.
    struct History {
        var run: RunID?
        var lastTerm = Term(0)
        var dataset: Digest?
        var profile: [ProfileEntry]?
        /// By step; a step that was computed again is here once.
        var commits: [CommitEntry] = []
        var lastGeneration = Generation(0)
        var lastWorker = WorkerID(0)

        /// The last link of the chain of commits.
        var chain: Digest { commits.last?.chain ?? CommitChain.origin }
    }

    private let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    /// A record as a line of the journal.
    func line(_ record: JournalRecord) throws -> String {
        String(decoding: try encoder.encode(record), as: UTF8.self)
    }

    /// The journal's lines as records.
    static func records(of lines: [String], file: String) throws -> [JournalRecord] {
        let decoder = JSONDecoder()
        return try lines.enumerated().map { number, line in
            do {
                return try decoder.decode(JournalRecord.self, from: Data(line.utf8))
            } catch {
                throw CoordinatingError.journal(file: file, line: number + 1, problem: "\(error)")
            }
        }
    }

    /// What the journal's lines say, in order.
    static func history(of lines: [String], file: String) throws -> History {
        var history = History()
        for record in try records(of: lines, file: file) {
            switch record {
            case .opened(let term, let run, _, let dataset):
                history.run = run
                history.dataset = dataset
                history.lastTerm = term
            case .pinned(let profile):
                history.profile = profile
            case .committed(let entry):
                history.commits.append(entry)
            case .began(let generation, _, let members, _):
                history.lastGeneration = generation
                for member in members {
                    history.lastWorker = max(history.lastWorker, member.worker)
                }
            case .lost(let worker, _):
                history.lastWorker = max(history.lastWorker, worker)
            case .saved, .stopped, .completed:
                break
            }
        }
        return history
    }
}
