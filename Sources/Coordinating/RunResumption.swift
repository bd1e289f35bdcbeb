import Checkpoints
import Configuration
import Foundation
import TrainingProtocol

/// A run that is there already, and is to go on with a configuration that was given for it.
struct RunResumption {
    /// For people: how far the run is, and what changes.
    let text: String

    /// - Parameters:
    ///   - stored: The configuration that it has.
    ///   - wanted: The one that is asked for; where the trained bits would differ it is refused later, with the keys.
    ///   - schedule: Of `wanted`.
    /// - Throws: `CoordinatingError` where the run would end before a step that it has committed.
    init(
        _ directory: String, _ stored: RunConfiguration, _ wanted: RunConfiguration,
        _ schedule: StepSchedule
    ) throws {
        let differences = wanted.differences(from: stored)
        let changes = differences.neutral.map { change in
            "\(change.key) \(change.other ?? "absent") -> \(change.value ?? "absent")"
        }
        let history = try Self.history(directory)
        let last = history?.commits.last?.step ?? Step(0)
        if last > schedule.lastStep, !differences.isEmpty {
            throw CoordinatingError.usage(
                problem:
                    "\(directory) holds a run that has committed step \(last) already, and would end "
                    + "at step \(schedule.lastStep) now (\(changes.joined(separator: ", "))); name another "
                    + "directory, or go on with it as it is: --run \(directory) alone")
        }
        let state =
            if history?.isComplete == true {
                "finished at step \(last)"
            } else if last > Step(0) {
                "at step \(last)"
            } else { "not begun" }
        text =
            "\(directory) holds this run already (\(state))"
            + (changes.isEmpty
                ? "" : "; its configuration changes: \(changes.joined(separator: ", "))")
    }

    /// Nil where a kill came between the directory's making and its first record.
    private static func history(_ directory: String) throws -> JournalHistory? {
        let file = directory + "/journal"
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        return try RunJournal.history(of: Journal.contents(of: file).lines, file: file)
    }
}
