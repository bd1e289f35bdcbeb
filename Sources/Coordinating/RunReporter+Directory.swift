import Checkpoints
import Configuration
import Telemetry
import TrainingProtocol

extension RunReporter {
    /// The reporter of a run that keeps its measurements in a directory.
    convenience init(
        schedule: StepSchedule, directory: RunDirectory, board: StatusBoard,
        options: TrainingRun.Options
    ) {
        let output = ReportOutput(isJSON: options.isJSON)
        let status = board.current.status
        let events = EventFile(
            in: directory.path + "/tensorboard", status.identity, from: status.step)
        let telemetry = TelemetryRecorder(
            board, metrics: options.metrics, events: events, onFailure: output.say)
        let metrics = directory.metrics
        self.init(
            schedule: schedule, epochs: directory.configuration.train.epochs, output: output,
            telemetry: telemetry
        ) { try metrics.append($0) }
    }
}
