import Foundation
import Training

/// An evaluation laid out for a terminal.
struct EvaluationTable {
    let report: EvaluationReport

    var text: String {
        var lines = classes + [""]
        if report.models.count > 1 {
            let width = max("ensemble".count, report.models.map(\.name.count).max() ?? 0)
            for model in report.models { lines.append(line(model.name, width, model.score)) }
            lines.append(line("ensemble", width, report.ensemble))
            lines.append(Self.count(report.ensemble.count, "clip"))
        } else {
            lines.append(
                "\(Self.figures(report.ensemble))  \(Self.count(report.ensemble.count, "clip"))")
        }
        if let videos = report.videos {
            lines.append(
                "\(Self.figures(videos.score))  \(Self.count(videos.score.count, "video"))")
        }
        return lines.joined(separator: "\n")
    }

    private var classes: [String] {
        let confusion = report.confusion
        let width = max(5, confusion.classNames.map(\.count).max() ?? 0)
        func row(_ name: String, _ columns: String...) -> String {
            "  " + Self.padded(name, width)
                + columns.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }
                .joined()
        }
        return [row("class", "clips", "correct", "top-1")]
            + confusion.classNames.enumerated().map { index, name in
                row(
                    name, "\(confusion.clips(of: index))", "\(confusion.correct(of: index))",
                    confusion.share(of: index, takenFor: index).map(Self.percent) ?? "-")
            }
    }

    private func line(_ name: String, _ width: Int, _ score: EvaluationScore) -> String {
        Self.padded(name, width) + "  " + Self.figures(score)
    }

    private static func figures(_ score: EvaluationScore) -> String {
        "top-1 \(percent(score.top1))  top-5 \(percent(score.top5))  "
            + "loss \(String(format: "%.4f", score.loss))"
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func percent(_ share: Double) -> String {
        String(format: "%.1f %%", 100 * share)
    }
}
