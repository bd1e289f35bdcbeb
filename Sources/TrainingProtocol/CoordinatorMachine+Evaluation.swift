// Scoring a state, in blocks that any member may do.

extension CoordinatorMachine {
    /// Deals the blocks that are not in yet.
    mutating func dealBlocks(_ isEvaluating: Bool) {
        for index in peers.indices {
            peers[index].blocks = []
            peers[index].hasEvaluated = false
        }
        guard isEvaluating else { return }
        let open = (0..<options.evaluationBlocks).filter { evaluated[$0] == nil }
        let all = members
        let takers = all.map { peers[$0].holds == committed }
        let isNew = !takers.contains(true)
        let lists = SlotAssignment.deal(blocks: open, to: isNew ? takers.map { _ in true } : takers)
        for (index, blocks) in zip(all, lists) { peers[index].blocks = blocks }
    }

    mutating func evaluated(
        _ index: Int, _ message: Stamped<WorkerMessage>, _ blocks: [BlockOutcome]
    ) -> [CoordinatorDirective] {
        guard peers[index].isMember, message.step == committed else { return [] }
        guard phase == .evaluating else {
            // It waits for a word that everyone else has.
            return again(index) { .proceed(next: $0.nextAction(index: index)) }
        }
        guard blocks.map(\.block) == peers[index].blocks else {
            return lose(
                index, reason: "it scored other blocks than it was dealt", isFault: true,
                rests: true)
        }
        for block in blocks { evaluated[block.block] = block }
        peers[index].hasEvaluated = true
        return finishEvaluation()
    }

    mutating func finishEvaluation() -> [CoordinatorDirective] {
        guard phase == .evaluating, evaluated.count == options.evaluationBlocks,
            members.allSatisfy({ peers[$0].attested != nil && peers[$0].hasEvaluated })
        else { return [] }
        let blocks = (0..<options.evaluationBlocks).compactMap { evaluated[$0] }
        let samples = blocks.reduce(0) { $0 + $1.samples }
        guard blocks.allSatisfy(\.lossSum.isFinite) else {
            return fail(
                "the weights of step \(committed) give no finite loss: the training diverged; start "
                    + "another run with a lower train.optimizer.rate or a longer warm-up")
        }
        let share = { (count: Int) in Double(count) / Double(max(1, samples)) }
        let summary = EvaluationSummary(
            step: committed, samples: samples,
            loss: blocks.reduce(0) { $0 + $1.lossSum } / Double(max(1, samples)),
            top1: share(blocks.reduce(0) { $0 + $1.top1 }),
            top5: share(blocks.reduce(0) { $0 + $1.top5 }))
        isEvaluationDue = false
        phase = .stepping(committed.next)
        return [.note(.evaluated(summary))] + goOn { .proceed(next: $0) }
    }
}
