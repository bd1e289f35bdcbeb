import Checkpoints
import Foundation
import TrainingProtocol

/// The journal in the protocol's terms.
struct RunJournal {
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
    static func history(of lines: [String], file: String) throws -> JournalHistory {
        JournalHistory(try records(of: lines, file: file))
    }
}
