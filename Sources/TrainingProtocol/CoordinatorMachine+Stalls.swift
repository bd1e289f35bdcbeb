// Steps in which members wait, and nothing moves.

/// What members say that cannot go on.
struct Stall: Sendable, Equatable {
    /// Of the first.
    let reason: String
    let since: Duration
    /// In the order of their coming; one a member.
    var accusations: [Accusation] = []

    struct Accusation: Sendable, Equatable {
        let accuser: WorkerID
        let accused: WorkerID
    }
}

extension CoordinatorMachine {
    /// A member's neighbour is gone. Who it was is mostly known a moment later, from the neighbour's own connection
    /// or process; only where nothing else comes is the step begun anew for this.
    mutating func stalled(
        _ index: Int, _ message: Stamped<WorkerMessage>, reason: String, accused: Rank?
    ) -> [CoordinatorDirective] {
        guard peers[index].isMember, message.generation == generation else { return [] }
        if message.step == committed || peers[index].holds != committed {
            // It waits for the state, which it was thought to have or could not get.
            return lose(index, reason: "it could not get the state: \(reason)", rests: true)
        }
        guard phase == .stepping(message.step) else { return [] }
        let peer = peers[index]
        if stall == nil {
            stall = Stall(
                reason: "worker \(peer.worker) (\(peer.hello.host)): \(reason)", since: now)
        }
        let all = members
        if let accused, all.indices.contains(accused.rawValue), all[accused.rawValue] != index,
            stall?.accusations.contains(where: { $0.accuser == peer.worker }) == false
        {
            stall?.accusations.append(
                Stall.Accusation(
                    accuser: peer.worker, accused: peers[all[accused.rawValue]].worker))
        }
        return []
    }

    mutating func breakStall() -> [CoordinatorDirective] {
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
        // A connection that breaks again and again: the one whom most accuse, or wait for, goes.
        stalls = 0
        return lose(
            index, reason: "the others cannot do without it, nor with it: \(reason)", rests: true)
    }

    /// The member that most of the others accuse, of several the one that was accused first; where nobody accuses
    /// anyone, the one whom most wait for, of several the newest. One that accuses alone, and whom most of the others
    /// wait for, is the one that reaches nobody.
    private var suspect: Int? {
        let all = members
        guard all.count > 1 else { return nil }
        var votes = all.map { _ in 0 }
        for index in all {
            for rank in peers[index].progress?.awaiting?.ranks ?? []
            where votes.indices.contains(rank.rawValue) { votes[rank.rawValue] += 1 }
        }
        let accusations = stall?.accusations ?? []
        let counts = accusations.map { one in
            accusations.count { $0.accused == one.accused }
        }
        if let most = counts.max(), let first = counts.firstIndex(of: most) {
            let accuser = all.firstIndex { peers[$0].worker == accusations[first].accuser }
            if most == 1, let accuser, votes[accuser] * 2 > all.count - 1 { return all[accuser] }
            return all.first { peers[$0].worker == accusations[first].accused }
        }
        let most = votes.max() ?? 0
        return Array(zip(all, votes)).last { $0.1 == most }?.0
    }

    // MARK: One that does not get on

    /// So many times its usual time over a slot makes a member's hands hung.
    private static var hung: Double { 20 }

    /// Loses a member that all others wait for and that does not get on, though its signs of life come: its disk may
    /// hang, its memory be swapped out, or only its computing thread stand still. Workers that are ready wait, too, for
    /// the end of the step.
    mutating func breakHold() -> [CoordinatorDirective] {
        switch phase {
        case .stepping, .evaluating: break
        default: return []
        }
        let all = members
        let holding = all.filter { !isWaiting($0) }
        let isWaitedFor =
            holding.count < all.count
            || peers.contains { !$0.isMember && $0.readiness != nil && $0.leaving == nil }
        guard isWaitedFor,
            let index = holding.min(by: { peers[$0].advanced < peers[$1].advanced }),
            holding.allSatisfy({ now - peers[$0].advanced > patience(with: $0) })
        else { return [] }
        let age = (now - peers[index].advanced).secondsText
        let activity = peers[index].progress?.activity ?? .idle
        return lose(
            index,
            reason:
                "all others wait for it, and its \(activity.rawValue) does not get on for \(age)",
            rests: true)
    }

    private func isWaiting(_ index: Int) -> Bool {
        let activity = peers[index].progress?.activity
        return activity?.isWaiting == true || (phase == .evaluating && activity == .halted)
    }

    private func patience(with index: Int) -> Duration {
        let peer = peers[index]
        let deadlines = options.deadlines
        switch peer.progress?.activity {
        case .computing?, .evaluating?: break
        default: return deadlines.hold
        }
        // Others have done what it was late with: it is not needed for this step.
        let unfinished = peer.slots.subtracting(peer.progress?.finished ?? SlotSet())
        if phase != .evaluating, !contest.slots.isEmpty, unfinished.isEmpty {
            return deadlines.resend
        }
        guard let usual = peer.pace ?? peers.compactMap(\.pace).max() ?? lastPace else {
            // Nobody has reported a step yet: what those took who wait now is all that is known.
            let taken = members.filter(isWaiting).map { peers[$0].advanced - begun }
            return max(deadlines.firstStep, (taken.max() ?? .zero) * 5)
        }
        return max(deadlines.hold, .seconds(Self.hung * usual))
    }
}
