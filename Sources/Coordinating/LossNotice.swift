import TrainingProtocol

/// Puts what is noted of a loss, one after another, into one line: who, when, why, and what becomes of the slots.
struct LossNotice {
    private var lost: [(worker: WorkerID, reason: String)] = []
    private var abort: (step: Step, lostSlots: SlotSet, text: String)?
    /// A line names so many workers.
    private static let named = 4

    mutating func lost(_ worker: WorkerID, _ reason: String) { lost.append((worker, reason)) }

    /// A step was given up in the middle.
    ///
    /// - Parameters:
    ///   - lostSlots: Of those that were lost.
    ///   - text: What is told where nobody was.
    mutating func aborted(_ step: Step, lostSlots: SlotSet, text: String) {
        abort = (step, lostSlots, text)
    }

    /// The line; nil where nothing was noted since the last one.
    ///
    /// - Parameters:
    ///   - members: Of the generation that ended.
    ///   - after: Of the one that goes on in the middle of the step; nil where none does.
    mutating func take(members: [MemberEntry], after: [MemberEntry]?) -> String? {
        let text = text(members, after)
        self = LossNotice()
        return text
    }

    private func text(_ members: [MemberEntry], _ after: [MemberEntry]?) -> String? {
        guard let first = lost.first else { return abort?.text }
        let gone = lost.map { loss in
            let host = members.first { $0.worker == loss.worker }.map { " (\($0.host))" } ?? ""
            return "\(loss.worker)\(host)"
        }
        let step = abort.map { " in step \($0.step)" } ?? ""
        let who =
            lost.count == 1
            ? "worker \(gone[0]) is lost" : "workers \(Self.list(gone)) are lost"
        let headline = "\(who)\(step): \(first.reason)"
        guard let abort, let after else { return headline }
        let takers = after.compactMap { member -> String? in
            let had = members.first { $0.worker == member.worker }?.slots ?? SlotSet()
            let more = member.slots.subtracting(had)
            return more.isEmpty ? nil : "\(Self.slots(more)) to worker \(member.worker)"
        }
        guard !abort.lostSlots.isEmpty, !takers.isEmpty else {
            return headline + "; it held no slots, and the step goes on"
        }
        return headline
            + "; dealt again: \(Self.list(takers)); what the others have of the step is kept"
    }

    private static func slots(_ slots: SlotSet) -> String {
        "\(slots.count == 1 ? "slot" : "slots") \(slots)"
    }

    private static func list(_ parts: [String]) -> String {
        let more = parts.count - named
        return parts.prefix(named).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
