import Checkpoints
import Configuration
import Foundation
import Telemetry
import TrainingProtocol

extension StatusBoard {
    /// The board of a run that a coordinator takes up, with what earlier ones measured.
    convenience init(
        opening: RunOpening, schedule: StepSchedule, directory: RunDirectory, address: String
    ) throws {
        let identity = RunStatus.Identity(
            name: directory.configuration.name, run: "\(opening.run)",
            directory: URL(fileURLWithPath: directory.path).path,
            host: ProcessInfo.processInfo.hostName,
            process: ProcessInfo.processInfo.processIdentifier, address: address,
            started: Date().timeIntervalSince1970, term: opening.history.lastTerm.next.rawValue)
        var telemetry = RunTelemetry(
            RunStatus(
                identity: identity,
                extent: RunStatus.Extent(schedule, directory.configuration.train.epochs),
                step: opening.start.rawValue))
        if opening.start > Step(0) {
            telemetry.resume(
                try MetricsHistory(contentsOf: directory.metrics.path), from: opening.start)
        }
        self.init(telemetry)
    }
}

extension RunStatus.Extent {
    init(_ schedule: StepSchedule, _ epochs: Int) {
        self.init(
            steps: schedule.lastStep.rawValue, epochs: epochs, batch: schedule.batch,
            slots: schedule.slots)
    }
}
