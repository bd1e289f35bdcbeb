// Agreement on a step, and what comes after it.

extension CoordinatorMachine {
    mutating func reduced(
        _ index: Int, _ message: Stamped<WorkerMessage>, _ report: StepReport
    ) -> [CoordinatorDirective] {
        guard phase == .stepping(message.step), message.generation == generation else { return [] }
        if let problem = flaw(in: report, of: peers[index], step: message.step) {
            return fail(problem)
        }
        peers[index].report = report
        guard peers.allSatisfy({ $0.report != nil }) else { return [] }
        return commit(message.step)
    }

    /// What is wrong with a report: it must account for each of the member's slots once, with their samples.
    private func flaw(in report: StepReport, of peer: Peer, step: Step) -> String? {
        let expected = peer.slots.map {
            options.schedule.sampleCount(of: Slot($0), in: step)
        }
        guard report.slots.map(\.slot.rawValue) == Array(peer.slots),
            report.slots.map(\.samples) == expected
        else {
            return "worker \(peer.worker) (\(peer.hello.host)) accounted for other slots of step "
                + "\(step) than it was dealt"
        }
        return nil
    }

    private mutating func commit(_ step: Step) -> [CoordinatorDirective] {
        let reports = peers.compactMap(\.report)
        guard let digest = reports.first?.digest else { return [] }
        if let problem = disagreement(on: step, digest: digest) { return fail(problem) }

        // Members hold contiguous slots in rank order, so this is the order of slots.
        let slots = reports.flatMap(\.slots)
        let samples = options.schedule.sampleCount(in: step)
        let loss = slots.reduce(0) { $0 + $1.lossSum } / Double(samples)
        guard loss.isFinite else {
            // Committed, it would only spoil the weights that are saved.
            return fail(
                "the loss of step \(step) is not a finite number: the training diverged; start another "
                    + "run with a lower train.optimizer.rate or a longer warm-up")
        }
        let correct = slots.reduce(0) { $0 + $1.correct }
        let epoch = options.schedule.epoch(of: step)

        var directives: [CoordinatorDirective] = []
        if options.replayed[step] == nil {
            directives.append(
                .append(
                    .committed(
                        CommitEntry(
                            step: step, epoch: epoch, generation: generation, digest: digest,
                            loss: loss, samples: options.schedule.samples(in: step)))))
        }
        committed = step
        for index in peers.indices { peers[index].report = nil }
        let next = nextAction(evaluationDue: isEvaluationDue(after: step))
        directives += broadcast(.commit(digest: digest, next: next))
        directives.append(
            .note(
                .committed(
                    CommitSummary(
                        step: step, epoch: epoch, samples: samples, loss: loss,
                        accuracy: Double(correct) / Double(samples), times: reports.map(\.times)))))
        if let every = options.saveEvery, step.rawValue % UInt64(every) == 0, next != .halt {
            directives += save()
        }
        return directives + enter(next)
    }

    private func disagreement(on step: Step, digest: Digest) -> String? {
        if peers.contains(where: { $0.report?.digest != digest }) {
            let held = peers.map { peer in
                "worker \(peer.worker) (\(peer.hello.host)) \(peer.report?.digest.description ?? "-")"
            }
            return "the reduced gradient of step \(step) differs between workers: "
                + held.joined(separator: ", ")
        }
        if let before = options.replayed[step], before != digest {
            return
                "step \(step) came out as \(digest) and the journal has \(before): the data, the "
                + "programs or the machines differ from the run's earlier ones"
        }
        return nil
    }

    // MARK: What is next

    private func isEvaluationDue(after step: Step) -> Bool {
        guard options.evaluationBlocks > 0 else { return false }
        if step == options.schedule.lastStep { return true }
        // Who asks for an end does not wait for an evaluation.
        guard stopReason == nil else { return false }
        guard let every = options.evaluateEvery else { return false }
        let epoch = Int(options.schedule.epoch(of: step).rawValue)
        return options.schedule.endsEpoch(step) && (epoch + 1) % every == 0
    }

    func nextAction(evaluationDue: Bool) -> NextAction {
        if evaluationDue { return .evaluate }
        if stopReason != nil || committed >= options.schedule.lastStep { return .halt }
        return .step
    }

    /// The coordinator's side of the action that the members have just been told.
    mutating func enter(_ next: NextAction) -> [CoordinatorDirective] {
        switch next {
        case .step:
            phase = .stepping(committed.next)
            return []
        case .evaluate:
            phase = .evaluating
            for index in peers.indices { peers[index].blocks = nil }
            return []
        case .halt:
            return close()
        }
    }

    mutating func finishEvaluation() -> [CoordinatorDirective] {
        guard peers.allSatisfy({ $0.blocks != nil }) else { return [] }
        let blocks = peers.flatMap { $0.blocks ?? [] }.sorted { $0.block < $1.block }
        guard blocks.map(\.block) == Array(0..<options.evaluationBlocks) else {
            return fail("an evaluation block was counted twice or never")
        }
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
        let next = nextAction(evaluationDue: false)
        return [.note(.evaluated(summary))] + broadcast(.proceed(next: next)) + enter(next)
    }
}
