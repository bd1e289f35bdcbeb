// Time: who is silent, who waits for whom, what is said again.

extension CoordinatorMachine {
    mutating func tick() -> [CoordinatorDirective] {
        var directives: [CoordinatorDirective] = []
        // One at a time: losing a peer changes the list.
        while phase != .ended,
            let index = peers.firstIndex(where: { now - $0.lastHeard > options.deadlines.silence })
        {
            let silent = now - peers[index].lastHeard
            directives += lose(index, reason: "not heard from for \(silent.secondsText)")
        }
        if case .gathering = phase { directives += beginIfReady() }
        if phase != .ended { directives += saveAgain() }
        if case .stepping = phase { directives += breakStall() }
        if case .stepping(let step) = phase { directives += relieve(step) }
        if phase != .ended, now - lastAlive >= options.deadlines.heartbeat {
            lastAlive = now
            directives += broadcast(.alive)
        }
        return directives
    }

    mutating func heard(
        _ index: Int, _ progress: Progress, isOld: Bool
    ) -> [CoordinatorDirective] {
        if isOld {
            // It has not heard of the generation.
            return again(index) { machine in
                let rank = machine.members.firstIndex(of: index) ?? 0
                return machine.invitation(index, Rank(rank), among: machine.memberList, reason: "")
            }
        }
        if peers[index].readiness == nil, progress.activity != .preparing,
            progress.activity != .idle
        {
            // It takes itself for a member, of a generation that it was lost from.
            return again(index, word: { _ in .unknown(reason: "its hello came again") })
        }
        if peers[index].progress != progress {
            peers[index].progress = progress
            peers[index].advanced = now
        }
        return []
    }

    /// Says something again to a peer that seems to have missed it, not too often.
    mutating func again(
        _ index: Int, _ directive: (CoordinatorMachine) -> CoordinatorDirective
    ) -> [CoordinatorDirective] {
        if let repeated = peers[index].repeated, now - repeated < options.deadlines.resend {
            return []
        }
        peers[index].repeated = now
        return [directive(self)]
    }

    mutating func again(
        _ index: Int, word: (CoordinatorMachine) -> CoordinatorMessage
    ) -> [CoordinatorDirective] {
        again(index) { .send($0.stamp(word($0)), to: $0.peers[index].connection) }
    }

    // MARK: Stalls

    /// A member's neighbour is gone. Who it was is mostly known a moment later, from the neighbour's own connection
    /// or process; only where nothing else comes is the step begun anew for this.
    mutating func stalled(
        _ index: Int, _ message: Stamped<WorkerMessage>, reason: String
    ) -> [CoordinatorDirective] {
        guard peers[index].isMember, message.generation == generation else { return [] }
        if message.step == committed || peers[index].holds != committed {
            // It waits for the state, which it was thought to have or could not get.
            return lose(index, reason: "it could not get the state: \(reason)")
        }
        guard phase == .stepping(message.step) else { return [] }
        if stall == nil {
            let peer = peers[index]
            stall = ("worker \(peer.worker) (\(peer.hello.host)): \(reason)", now)
        }
        return []
    }

    private mutating func breakStall() -> [CoordinatorDirective] {
        if let stall, now - stall.since > options.deadlines.resend {
            return restart(reason: stall.reason)
        }
        let all = members
        let stands = all.allSatisfy { index in
            let peer = peers[index]
            return peer.progress?.activity.isWaiting == true
                && now - peer.advanced > options.deadlines.stall
        }
        guard stands, !all.isEmpty else { return [] }
        return restart(reason: "all members wait for each other, and nothing moves")
    }

    private mutating func restart(reason: String) -> [CoordinatorDirective] {
        stalls += 1
        guard stalls >= 3, let index = suspect else {
            return [.note(.aborted(blame(for: nil, reason: reason)))] + takeOver(reason: reason)
        }
        // A connection that breaks again and again: the one whom most wait for goes.
        stalls = 0
        return lose(index, reason: "the others wait for it again and again: \(reason)")
    }

    /// The member whom most of the others wait for; the newest of several.
    private var suspect: Int? {
        let all = members
        guard all.count > 1 else { return nil }
        var votes = all.map { _ in 0 }
        for index in all {
            for rank in peers[index].progress?.awaiting?.ranks ?? []
            where votes.indices.contains(rank.rawValue) { votes[rank.rawValue] += 1 }
        }
        let most = votes.max() ?? 0
        return Array(zip(all, votes)).last { $0.1 == most }?.0
    }

    // MARK: Blame

    /// What everyone is at, and who is to blame for giving up the step.
    func blame(for culprit: Int?, reason: String) -> BlameReport {
        let all = members
        let line = { (index: Int) in
            let peer = peers[index]
            let awaiting = peer.progress?.awaiting
            let awaited = (awaiting?.ranks ?? []).compactMap { rank in
                all.indices.contains(rank.rawValue) ? peers[all[rank.rawValue]].worker : nil
            }
            return BlameReport.Line(
                worker: peer.worker, host: peer.hello.host,
                activity: peer.progress?.activity ?? .idle,
                finished: peer.progress?.finished ?? SlotSet(), slots: peer.slots,
                awaiting: awaiting, awaited: awaited, age: now - peer.advanced)
        }
        return BlameReport(
            step: committed.next, generation: generation, reason: reason,
            culprit: culprit.map(line), members: all.filter { $0 != culprit }.map(line),
            lostSlots: culprit.map { peers[$0].slots } ?? SlotSet())
    }
}
