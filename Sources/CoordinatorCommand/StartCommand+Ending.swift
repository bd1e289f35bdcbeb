import Coordinating
import Foundation
import Telemetry
import TrainingProtocol

// What is printed at a run's end.

extension StartCommand {
    /// What a second request to stop does: no worker of this machine is left behind, and the user is told.
    func abandonment(
        of run: TrainingRun, resumption: String
    ) -> @Sendable () -> Void {
        { [abandon = run.abandon, board = run.board, isJSON = json] in
            abandon()
            let status = board.current.status
            let text = "stopped at once at step \(status.step); to go on: \(resumption)"
            var line = isatty(STDOUT_FILENO) == 1 ? "\r\u{1B}[K" + text : text
            if isJSON {
                // Were it to fail, there is nobody to tell any more.
                do {
                    line = try MetricsLines().line(
                        MetricsLines.EndLine(
                            time: Date().timeIntervalSince1970, outcome: "stopped",
                            step: status.savedStep, reason: text))
                } catch {}
            }
            print(line)
            fflush(nil)
        }
    }

    func printEnd(_ outcome: Outcome, of run: TrainingRun) throws {
        let time = Date().timeIntervalSince1970
        let line =
            switch outcome {
            case .completed(let step):
                MetricsLines.EndLine(
                    time: time, outcome: "completed", step: step.rawValue,
                    weightsSha256: try run.finalWeights())
            case .stopped(let saved, let reason):
                MetricsLines.EndLine(
                    time: time, outcome: "stopped", step: saved.rawValue, reason: reason)
            case .failed(let reason):
                MetricsLines.EndLine(time: time, outcome: "failed", reason: reason)
            }
        print(try MetricsLines().line(line))
    }
}
