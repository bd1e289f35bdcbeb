// Agreement on a step, and what comes after it.

extension CoordinatorMachine {
    mutating func attested(
        _ index: Int, _ message: Stamped<WorkerMessage>, _ digest: Digest
    ) -> [CoordinatorDirective] {
        // Nothing is committed in a generation before all have attested the state that it began from.
        guard peers[index].attested == nil, message.step == committed else { return [] }
        if let attestation, attestation != digest,
            let other = members.first(where: { peers[$0].attested != nil })
        {
            return differing(index, digest, from: other)
        }
        attestation = digest
        peers[index].attested = digest
        peers[index].holds = committed
        guard case .stepping(let step) = phase else { return finishEvaluation() }
        return commitIfAgreed(step)
    }

    /// Two members begin with different states.
    private mutating func differing(
        _ index: Int, _ digest: Digest, from other: Int
    ) -> [CoordinatorDirective] {
        // What a joiner was given may be damaged; it tries again.
        for candidate in [index, other] where peers[candidate].wasLoading {
            return lose(
                candidate, reason: "the state that it was given differs from the others'",
                rests: true)
        }
        let name = { [peers] (index: Int) in
            "worker \(peers[index].worker) (\(peers[index].hello.host))"
        }
        return fail(
            "the weights of \(name(index)) at step \(committed) differ from those of \(name(other)): "
                + "\(digest) and \(peers[other].attested?.description ?? "-")")
    }

    mutating func reduced(
        _ index: Int, _ message: Stamped<WorkerMessage>, _ report: StepReport
    ) -> [CoordinatorDirective] {
        guard peers[index].isMember, message.generation == generation else { return [] }
        if message.step == committed, let digest = known[committed], report.digest == digest {
            // It waits for a commit that everyone else has: that was lost on the way.
            return again(index) {
                .commit(digest: digest, next: $0.nextAction(index: index))
            }
        }
        guard phase == .stepping(message.step), peers[index].report == nil else { return [] }
        if let problem = flaw(in: report, of: peers[index], step: message.step) {
            return lose(index, reason: problem, isFault: true, rests: true)
        }
        peers[index].report = report
        measure(index, report.times)
        return commitIfAgreed(message.step)
    }

    /// What is wrong with a report: it must account for each of the member's slots once, with their samples.
    private func flaw(in report: StepReport, of peer: Peer, step: Step) -> String? {
        let expected = peer.slots.slots.map {
            options.schedule.sampleCount(of: Slot($0), in: step)
        }
        guard report.slots.map(\.slot.rawValue) == peer.slots.slots,
            report.slots.map(\.samples) == expected
        else {
            return "it accounted for other slots of step \(step) than it was dealt"
        }
        return nil
    }

    private mutating func commitIfAgreed(_ step: Step) -> [CoordinatorDirective] {
        // From where the last look stopped: with a thousand members each is looked at once a step.
        while agreed < peers.count {
            let peer = peers[agreed]
            if peer.isMember, peer.report == nil || peer.attested == nil { return [] }
            agreed += 1
        }
        return commit(step)
    }

    private mutating func commit(_ step: Step) -> [CoordinatorDirective] {
        let reports = members.compactMap { peers[$0].report }
        guard let digest = reports.first?.digest else { return [] }
        if let problem = disagreement(on: step, digest: digest) { return fail(problem) }

        let slots = reports.flatMap(\.slots).sorted { $0.slot < $1.slot }
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
        if step > journaled {
            let counted = options.schedule.samples(in: step)
            chain = CommitChain.link(after: chain, step: step, digest: digest, samples: counted)
            directives.append(
                .append(
                    .committed(
                        CommitEntry(
                            step: step, epoch: epoch, generation: generation, digest: digest,
                            loss: loss, samples: counted, chain: chain))))
            journaled = step
            known[step] = digest
        }
        committed = step
        contest = Contest()
        evaluated = [:]
        isEvaluationDue = evaluates(step)
        stalls = 0
        stall = nil
        agreed = 0
        for index in members {
            peers[index].report = nil
            peers[index].holds = step
            countIdle(index)
            forgive(peers[index].hello)
        }
        directives.append(
            .note(
                .committed(
                    CommitSummary(
                        step: step, epoch: epoch, samples: samples, loss: loss,
                        accuracy: Double(correct) / Double(samples), times: reports.map(\.times)))))
        if isEvaluationDue {
            dealBlocks(true)
            phase = .evaluating
        } else {
            phase = .stepping(committed.next)
        }
        return directives + goOn { .commit(digest: digest, next: $0) }
    }

    private func disagreement(on step: Step, digest: Digest) -> String? {
        let all = members.map { peers[$0] }
        if all.contains(where: { $0.report?.digest != digest }) {
            let held = all.map { peer in
                "worker \(peer.worker) (\(peer.hello.host)) \(peer.report?.digest.description ?? "-")"
            }
            return "the reduced gradient of step \(step) differs between workers: "
                + held.joined(separator: ", ")
        }
        if let before = known[step], before != digest {
            return
                "step \(step) came out as \(digest) and the journal has \(before): the data, the "
                + "programs or the machines differ from the run's earlier ones"
        }
        return nil
    }

    // MARK: What is next

    /// The end of a step, or of an evaluation: the members hear of it, and of what is next.
    ///
    /// - Parameter word: What they are told, around the next action.
    mutating func goOn(
        _ word: (NextAction) -> CoordinatorMessage
    ) -> [CoordinatorDirective] {
        let isEnd = phase != .evaluating && mustEnd
        let reason = isEnd ? nil : reasonToDeal()
        var directives: [CoordinatorDirective] = []
        for index in members {
            let next = isEnd || reason != nil ? .halt : nextAction(index: index)
            directives.append(.send(stamp(word(next)), to: peers[index].connection))
        }
        if let every = options.saveEvery, committed.rawValue % UInt64(every) == 0, !isEnd {
            isSaveDue = true
        }
        if isSaveDue, !isEnd, reason == nil { directives += save() }
        if isEnd { return directives + close() }
        if let reason { return directives + regroup(reason: reason) }
        return directives + enter(nextAction(index: nil))
    }

    /// A fresh generation at the end of a step, without those who leave.
    private mutating func regroup(reason: String) -> [CoordinatorDirective] {
        let stays = peers.contains {
            $0.leaving == nil && $0.readiness != nil && $0.holds == committed
        }
        guard stays else { return part() }
        var directives: [CoordinatorDirective] = []
        while let index = peers.firstIndex(where: { $0.leaving != nil }) {
            directives += release(index, reason: peers[index].leaving ?? "")
        }
        if isSaveDue { directives += save() }
        return directives + begin(reason: reason)
    }

    /// All who hold the state want to go: it is saved first.
    mutating func part() -> [CoordinatorDirective] {
        phase = .parting
        let directives = save()
        return saving != nil ? directives : directives + partUnsaved()
    }

    /// Lets those go who want to, though nobody may hold the state then.
    mutating func partUnsaved() -> [CoordinatorDirective] {
        var released: [CoordinatorDirective] = []
        for index in peers.indices { peers[index].isMember = false }
        while let index = peers.firstIndex(where: { $0.leaving != nil }) {
            released += release(index, reason: peers[index].leaving ?? "")
        }
        phase = .gathering
        return released + begin(reason: "all others left")
    }

    /// Whether the run is over, or asked to be.
    var mustEnd: Bool { stopReason != nil || committed >= options.schedule.lastStep }

    private func evaluates(_ step: Step) -> Bool {
        guard options.evaluationBlocks > 0 else { return false }
        if step == options.schedule.lastStep { return true }
        // Who asks for an end does not wait for an evaluation.
        guard stopReason == nil else { return false }
        guard let every = options.evaluateEvery else { return false }
        let epoch = Int(options.schedule.epoch(of: step).rawValue)
        return options.schedule.endsEpoch(step) && (epoch + 1) % every == 0
    }

    /// - Parameter index: The peer that is told; nil for the phase alone.
    func nextAction(index: Int?) -> NextAction {
        switch phase {
        case .evaluating: .evaluate(blocks: index.map { peers[$0].blocks } ?? [])
        case .closing, .parting, .ended: .halt
        case .gathering: mustEnd ? .halt : .step
        // Whether the run ends is asked at the end of a step; one under way is finished.
        case .stepping: .step
        }
    }

    /// The coordinator's side of the action that the members have just been told.
    mutating func enter(_ next: NextAction) -> [CoordinatorDirective] {
        switch next {
        case .step:
            phase = .stepping(committed.next)
            return []
        case .evaluate:
            phase = .evaluating
            return []
        case .halt:
            return close()
        }
    }
}
