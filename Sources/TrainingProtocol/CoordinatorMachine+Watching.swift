// Time: who is silent, who waits for whom, what is said again.

extension CoordinatorMachine {
    mutating func tick() -> [CoordinatorDirective] {
        var directives: [CoordinatorDirective] = []
        let silent = peers.filter { now - $0.lastHeard > options.deadlines.silence }
        if let longest = silent.map({ now - $0.lastHeard }).max() {
            directives += lose(
                silent.map(\.connection), reason: "not heard from for \(longest.secondsText)")
        }
        if case .gathering = phase { directives += beginIfReady() }
        if phase != .ended { directives += saveAgain() }
        if case .stepping = phase { directives += breakStall() }
        if case .stepping(let step) = phase { directives += relieve(step) }
        directives += breakHold()
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
            // It has not heard of the generation. To tell a thousand members of each other takes a while, and must not be
            // begun again before it is done.
            let telling = Duration.microseconds(peers.count * peers.count)
            return again(index, after: options.deadlines.resend + telling) { machine in
                let rank = machine.members.firstIndex(of: index) ?? 0
                return machine.invitation(index, Rank(rank), among: machine.memberList, reason: "")
            }
        }
        if peers[index].readiness == nil, progress.activity != .preparing,
            progress.activity != .idle
        {
            // It takes itself for a member, of a generation that it was lost from.
            return again(index, word: { _ in .unknown(reason: "this worker was lost") })
        }
        if peers[index].progress != progress {
            peers[index].progress = progress
            peers[index].advanced = now
        }
        return []
    }

    /// Says something again to a peer that seems to have missed it, not too often.
    mutating func again(
        _ index: Int, after pause: Duration? = nil,
        _ directive: (CoordinatorMachine) -> CoordinatorDirective
    ) -> [CoordinatorDirective] {
        let pause = pause ?? options.deadlines.resend
        if let repeated = peers[index].repeated, now - repeated < pause { return [] }
        peers[index].repeated = now
        return [directive(self)]
    }

    mutating func again(
        _ index: Int, word: (CoordinatorMachine) -> CoordinatorMessage
    ) -> [CoordinatorDirective] {
        again(index) { .send($0.stamp(word($0)), to: $0.peers[index].connection) }
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
