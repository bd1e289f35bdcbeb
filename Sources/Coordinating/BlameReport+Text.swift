import TrainingProtocol

extension BlameReport {
    /// For people: a headline, and a line a member.
    var text: String {
        var lines = ["step \(step) begins again in part: \(reason)"]
        if let culprit { lines.append("  lost: \(culprit)") }
        lines += members.map { "  \($0)" }
        if !lostSlots.isEmpty { lines.append("  slots \(lostSlots) are dealt to the others") }
        return lines.joined(separator: "\n")
    }
}
