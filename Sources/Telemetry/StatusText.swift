import Foundation
import TrainingProtocol

/// A run's status for a terminal. It comes from another process, maybe of another release: whatever its numbers and texts
/// are, they are shown, and move no cursor.
public struct StatusText {
    private let status: RunStatus

    public init(_ status: RunStatus) { self.status = status }

    /// Everything at a glance, in some lines.
    public var summary: String {
        var lines = [head, bar, numbers]
        lines += (status.reason ?? "").split(separator: "\n").map { "  " + String($0).printable }
        if !status.workers.isEmpty { lines += ["", workers] }
        let newest = status.events.suffix(5)
        if !newest.isEmpty {
            lines.append("")
            lines += newest.map(line)
        }
        return lines.joined(separator: "\n")
    }

    /// A table of the workers.
    public var workers: String {
        guard !status.workers.isEmpty else { return "no workers" }
        let head = ["worker", "host", "threads", "state", "phase", "slots", "done", "clips/s"]
        let rows = status.workers.map { worker in
            let isHere = worker.state == .member || worker.state == .joining
            return [
                "\(worker.worker)", worker.host.printable, "\(worker.threads)",
                worker.state.rawValue,
                (isHere ? worker.activity : worker.reason ?? "").printable,
                isHere ? worker.slots.printable : "",
                isHere ? "\(worker.finished)/\(worker.slotCount)" : "",
                isHere ? worker.clipsPerSecond.map { String(format: "%.1f", $0) } ?? "" : "",
            ]
        }
        return Self.table([head] + rows)
    }

    private var head: String {
        let phase = status.phase == .gathering ? "waiting for workers" : status.phase.rawValue
        return "\(status.identity.name.printable): \(phase), "
            + "step \(status.step) of \(status.extent.steps), "
            + "epoch \(epoch) of \(status.extent.epochs)"
    }

    /// Counted from 1; after the last one there is no other.
    private var epoch: Int {
        let last = max(1, status.extent.epochs)
        return min(Int(clamping: status.epoch), last - 1) + 1
    }

    private var bar: String {
        let width = 40
        let done = Int(min(1, status.share) * Double(width))
        let left =
            status.phase.isOver ? nil : status.pace.map { $0.secondsLeft.clock + " left" }
        return String(repeating: "█", count: done) + String(repeating: "░", count: width - done)
            + String(format: "  %.1f %%", 100 * status.share) + (left.map { "  " + $0 } ?? "")
    }

    private var numbers: String {
        var parts: [String] = []
        if let loss = status.loss { parts.append("loss " + loss.fixed(4)) }
        if let accuracy = status.accuracy {
            parts.append(String(format: "accuracy %.1f %%", 100 * accuracy))
        }
        if let evaluation = status.evaluation {
            parts.append(
                String(format: "validation top-1 %.1f %%", 100 * evaluation.top1)
                    + " (step \(evaluation.step))")
        }
        if let pace = status.pace {
            parts.append(String(format: "%.1f clips/s", pace.clipsPerSecond))
        }
        parts.append("saved step \(status.savedStep)")
        return parts.joined(separator: "  ")
    }

    private func line(_ event: RunEvent) -> String {
        let first = event.detail.split(separator: "\n").first ?? ""
        let kind = event.kind == "saved" ? "saved " : ""
        return Self.timeOfDay(event.time) + "  \(kind)\(String(first).printable)"
    }

    /// As `19:30:33`, here.
    private static func timeOfDay(_ seconds: Double) -> String {
        var time = time_t(seconds.rounded(.down).wholeSeconds)
        var parts = tm()
        localtime_r(&time, &parts)
        return String(format: "%02d:%02d:%02d", parts.tm_hour, parts.tm_min, parts.tm_sec)
    }

    /// Columns as wide as their widest cell; the last one as it is.
    private static func table(_ rows: [[String]]) -> String {
        let columns = rows[0].indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            let cells = zip(row, columns).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            return cells.joined(separator: "  ").trimmingSuffix(" ")
        }.joined(separator: "\n")
    }
}

extension String {
    /// Without the characters at its end that are `character`.
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var rest = self[...]
        while rest.last == character { rest.removeLast() }
        return String(rest)
    }
}
