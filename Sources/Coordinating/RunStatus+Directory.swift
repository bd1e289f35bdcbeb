import Checkpoints
import Configuration
import Foundation
public import Telemetry
import Training
import TrainingProtocol

extension RunStatus {
    /// The status of a run that no coordinator serves, as its directory tells of it.
    ///
    /// - Returns: Nil where a coordinator serves it, who knows better.
    /// - Throws: `CoordinatingError` where there is no run.
    public init?(ofUnservedRunAt directory: String) throws {
        guard let configuration = try RunOpening.configuration(at: directory) else {
            throw CoordinatingError.noRun(at: directory)
        }
        guard try !RunDirectory.isInUse(directory) else { return nil }
        let journal = directory + "/journal"
        let records =
            FileManager.default.fileExists(atPath: journal)
            ? try RunJournal.records(of: Journal.contents(of: journal).lines, file: journal) : []
        let history = JournalHistory(records)
        let metrics = try MetricsHistory(contentsOf: directory + "/metrics.jsonl")
        let train = configuration.train
        let committed = history.commits.last
        self.init(
            identity: Identity(
                name: configuration.name, run: history.run.map { "\($0)" } ?? "-",
                directory: URL(fileURLWithPath: directory).path, host: "-", process: 0,
                address: try RunDirectory.address(at: directory) ?? "-", started: 0,
                term: history.lastTerm.rawValue),
            extent: Extent(
                steps: try Self.steps(of: configuration, at: directory), epochs: train.epochs,
                batch: train.batch, slots: train.slots),
            step: committed?.step.rawValue ?? 0)
        generation = history.lastGeneration.rawValue
        epoch = committed?.epoch.rawValue ?? 0
        loss = committed?.loss
        accuracy = metrics.steps.last { $0.step == step }?.accuracy
        evaluation = metrics.evaluations.last
        events = Array(metrics.events.suffix(200))
        phase = .ended
        if let end = history.end {
            reason = end.text
        } else if let last = metrics.events.last, last.kind == RunEvent.failed {
            reason = last.detail
        } else {
            phase = .interrupted
            reason =
                (history.run == nil ? "it has not begun" : "no coordinator serves it")
                + "; to go on: coordinator start --run \(directory) --local-workers N"
        }
        savedStep = Self.savedStep(in: records)
    }

    /// All steps of the run; 0 where it has not written down how many clips it has.
    private static func steps(
        of configuration: RunConfiguration, at directory: String
    ) throws -> UInt64 {
        guard let samples = try RunDirectory.dataset(ofRunAt: directory)?.samples, samples > 0
        else {
            return 0
        }
        return StepSchedule(configuration, samples: samples).lastStep.rawValue
    }

    private static func savedStep(in records: [JournalRecord]) -> UInt64 {
        records.reduce(0) { newest, record in
            switch record {
            case .saved(let step), .completed(let step): max(newest, step.rawValue)
            default: newest
            }
        }
    }
}
