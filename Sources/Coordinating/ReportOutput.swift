import Foundation
import Telemetry

/// Where a run's report goes: a progress bar on a terminal, calm lines elsewhere, or lines of JSON. It belongs to the control thread.
final class ReportOutput {
    private var progress = ProgressLine()
    private let isJSON: Bool
    private let lines = MetricsLines()

    /// - Parameter isJSON: Whether programs read it: every line is then an object, of the kinds that `metrics.jsonl` has and of
    ///   kind `message`.
    init(isJSON: Bool) { self.isJSON = isJSON }

    /// Tells people something that no object of its own tells.
    func say(_ text: String) {
        guard isJSON else { return progress.say(text) }
        do {
            show(try lines.line(MetricsLines.MessageLine(time: .now, message: text)))
        } catch { show("{\"kind\":\"message\"}") }
    }

    /// Tells people what programs read as an object.
    func tell(_ text: String) {
        if !isJSON { progress.say(text) }
    }

    /// Where things stand.
    func update(_ text: @autoclosure () -> ProgressText) {
        if !isJSON { progress.update(text()) }
    }

    /// An object of `metrics.jsonl`.
    func show(_ line: String) {
        guard isJSON else { return }
        // Where it cannot be shown, the run goes on.
        do { try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) } catch {}
    }

    func close() { progress.close() }
}

extension Double {
    /// Seconds since 1970.
    static var now: Double { Date().timeIntervalSince1970 }
}
