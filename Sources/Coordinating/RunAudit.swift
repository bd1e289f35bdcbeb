import Checkpoints
import Configuration
import Foundation
import Training
public import TrainingProtocol

/// The audit of a run from what is on the disk, which may still be under way.
public struct RunAudit: Sendable {
    public let report: JournalAuditReport
    /// What is not of the journal's making: a torn line at its end.
    public let notes: [String]

    /// - Throws: `SavedStateError`, `CoordinatingError` where journal or configuration cannot be read, or where no
    ///   epoch is finished, so that nothing tells how many clips there are.
    public init(ofRunAt path: String) throws {
        guard let configuration = try RunOpening.configuration(at: path) else {
            throw CoordinatingError.noRun(at: path)
        }
        let file = path + "/journal"
        let contents = try Journal.contents(of: file)
        let records = try RunJournal.records(of: contents.lines, file: file)
        let commits = records.compactMap { record in
            if case .committed(let entry) = record { entry } else { nil }
        }
        let schedule = { StepSchedule(configuration, samples: $0) }
        guard
            let samples = JournalAudit.trainingSamples(of: commits, schedule)
                ?? Self.samples(in: configuration)
        else {
            throw CoordinatingError.usage(
                problem: "no epoch of \(path) is finished, and its dataset "
                    + "(\(configuration.data.path)) is not there to count the clips; audit it later"
            )
        }
        report = JournalAudit.report(of: records, schedule(samples))
        notes =
            contents.droppedBytes > 0
            ? ["the last line is torn: it was being written, or its writer died; it counts nothing"]
            : []
    }

    /// Of the dataset itself, where it is there.
    private static func samples(in configuration: RunConfiguration) -> Int? {
        do {
            let dataset = try RunDataset(configuration)
            return dataset.sampling.training.samples
        } catch {
            // Then the journal alone must tell.
            return nil
        }
    }
}
