import Foundation
import TrainingProtocol

/// An audit's report for people and for programs.
struct AuditOutput: Encodable {
    let clean: Bool
    let commits: Int
    let terms: Int
    let chain: String
    let abortedSteps: Int
    let epochs: [JournalAuditReport.EpochCount]
    let workers: [JournalAuditReport.Worker]
    let changes: [JournalAuditReport.Change]
    let losses: [JournalAuditReport.Loss]
    let findings: [JournalAuditReport.Finding]

    /// Workers that the table shows; a long storm has thousands.
    private static let shown = 40

    init(_ report: JournalAuditReport) {
        clean = report.isClean
        commits = report.commits
        terms = report.terms
        chain = "\(report.chain)"
        abortedSteps = report.abortedSteps
        epochs = report.epochs
        workers = report.workers
        changes = report.changes
        losses = report.losses
        findings = report.findings
    }

    func text(notes: [String]) -> String {
        var lines = notes
        lines.append(
            pad("worker", 8) + pad("host", 20) + left("steps", 8) + left("slots", 9)
                + left("again", 8))
        for worker in workers.prefix(Self.shown) {
            lines.append(
                pad("\(worker.worker)", 8) + pad(worker.host, 20) + left("\(worker.steps)", 8)
                    + left("\(worker.slots)", 9) + left("\(worker.slotsAgain)", 8))
        }
        if workers.count > Self.shown {
            lines.append("and \(workers.count - Self.shown) more; --json has all")
        }
        let moved = changes.filter { $0.kind == .takesOver }
        lines.append(
            [
                "\(count(changes.count, "generation")) in \(count(terms, "term"))",
                count(losses.count, "loss", "losses"),
                "\(count(abortedSteps, "step")) taken over",
                count(moved.reduce(0) { $0 + $1.slotsMoved }, "slot")
                    + " dealt to others in the middle of a step, "
                    + "\(moved.reduce(0) { $0 + $1.slotsLost }) of them for a loss",
            ].joined(separator: ", "))
        let finished = epochs.filter(\.isFinished)
        let sound = finished.filter { $0.missing == 0 && $0.repeated == 0 }
        lines.append(
            "\(sound.count) of \(count(finished.count, "finished epoch")) counted every clip exactly once"
        )
        lines.append("\(count(commits, "commit")), chain \(chain)")
        lines += findings.map(\.description)
        lines.append(clean ? "clean" : count(findings.count, "finding"))
        return lines.joined(separator: "\n")
    }

    private func count(_ number: Int, _ one: String, _ several: String? = nil) -> String {
        "\(number) " + (number == 1 ? one : several ?? one + "s")
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: width, withPad: " ", startingAt: 0)
    }

    private func left(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
