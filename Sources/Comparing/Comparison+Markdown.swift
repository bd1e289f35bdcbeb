import Foundation

extension Comparison {
    /// The comparison as a Markdown table with a line that says what it shows.
    public var markdown: String {
        let seeds = rows.map(\.outcomes.count).max() ?? 0
        var titles = ["recipe", "top-1 %"]
        if motions != nil { titles += ["appearance %", "motion %"] }
        if hasMembers { titles.append("each model %") }
        titles += ["parameters", "kB a step", "M multiply-adds", "clips/s"]
        var lines = [
            "\(clips) clips of \(classes) classes (\(split)), "
                + "\(seeds) seed\(seeds == 1 ? "" : "s") a recipe, mean ± standard deviation, "
                + "\(workers) worker\(workers == 1 ? "" : "s").", "",
            row(titles), row(["---"] + titles.dropFirst().map { _ in "---:" }),
        ]
        lines += rows.map { row(cells(of: $0)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private var hasMembers: Bool { rows.contains { !$0.members.isEmpty } }

    private func cells(of row: Row) -> [String] {
        var cells = [row.name, percent(row.top1)]
        if motions != nil { cells += [percent(row.appearance), percent(row.motion)] }
        if hasMembers {
            cells.append(
                row.members.map { "\($0.name) \(percent($0.top1))" }.joined(separator: ", "))
        }
        cells += [
            grouped(row.parameters), String(format: "%.1f", Double(row.bytesPerStep) / 1000),
            String(format: "%.1f", Double(row.multiplyAdds) / 1e6),
            row.clipsPerSecond.map { String(format: "%.0f", $0.mean) } ?? "",
        ]
        return cells
    }

    private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

    private func percent(_ spread: Spread?) -> String {
        guard let spread else { return "" }
        let mean = String(format: "%.1f", 100 * spread.mean)
        return spread.deviation.map { mean + String(format: " ± %.1f", 100 * $0) } ?? mean
    }

    private func grouped(_ number: Int) -> String {
        var digits = Array(String(number))
        for place in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert(",", at: place)
        }
        return String(digits)
    }
}
