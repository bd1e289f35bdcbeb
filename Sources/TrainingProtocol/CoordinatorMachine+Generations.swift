// The beginning of generations.

extension CoordinatorMachine {
    /// Begins once enough workers are there and all that are there are ready.
    mutating func beginIfReady() -> [CoordinatorDirective] {
        guard phase == .gathering, let since = gatheringSince else { return [] }
        let ready = peers.filter { $0.readiness != nil && $0.leaving == nil }
        // The first beginning waits for all; later, whoever is there goes on.
        let isPatient =
            !hasBegun && (options.term == Term(1) || now - since < options.deadlines.gathering)
        let wanted = isPatient ? options.workers : 1
        guard ready.count >= max(1, wanted) else { return [] }
        if isPatient, peers.contains(where: { $0.readiness == nil }) { return [] }
        return begin(reason: hasBegun ? "workers are back" : "the run begins")
    }

    /// A generation of all that are ready and stay, dealt afresh, at the end of a step.
    mutating func begin(reason: String) -> [CoordinatorDirective] {
        let chosen = peers.indices.filter {
            peers[$0].readiness != nil && peers[$0].leaving == nil
        }
        guard !chosen.isEmpty else { return nobodyIsLeft(reason: reason) }
        var directives: [CoordinatorDirective] = []
        // The newest state that anyone has or can be given. Steps after it are computed again, to the same bits.
        let newest = max(saved, chosen.compactMap { peers[$0].holds }.max() ?? saved)
        if newest != committed {
            if newest < committed {
                directives.append(.note(.rewound(from: committed, to: newest)))
            }
            committed = newest
            evaluated = [:]
            isEvaluationDue = committed == options.schedule.lastStep && options.evaluationBlocks > 0
        }
        // One that comes back may hold the last state, which was thought to be lost.
        if mustEnd, !isEvaluationDue { phase = .gathering }
        let holders = chosen.contains { peers[$0].holds == committed }
        let paces = expectedPaces(of: chosen)
        let shares = zip(chosen, paces).map { index, pace in
            let peer = peers[index]
            let kept = peer.holds == committed ? peer.readiness?.holding?.finished : nil
            return SlotAssignment.Share(
                kept: kept ?? SlotSet(), pace: pace,
                isTaking: !holders || peer.holds == committed)
        }
        let slots = options.schedule.slots
        let isFresh = shares.allSatisfy(\.kept.isEmpty)
        let sets =
            isFresh
            ? SlotAssignment.deal(slots: slots, to: shares)
            : SlotAssignment.spread(slots: slots, over: SlotAssignment.disjoint(shares))
        for index in peers.indices {
            peers[index].isMember = false
            peers[index].slots = SlotSet()
            peers[index].readiness?.holding = nil
        }
        for (place, index) in chosen.enumerated() {
            peers[index].isMember = true
            peers[index].slots = sets[place]
        }
        return directives + announce(reason: reason, takesOver: false)
    }

    /// A generation of the members that are left, which goes on in the middle of a step, or of an evaluation.
    mutating func takeOver(reason: String) -> [CoordinatorDirective] {
        let left = members
        let holders = left.filter { peers[$0].holds == committed }
        guard !holders.isEmpty else {
            // Joiners that were still loading have nobody to load from any more.
            for index in left { peers[index].isMember = false }
            return left.isEmpty ? nobodyIsLeft(reason: reason) : begin(reason: reason)
        }
        let paces = expectedPaces(of: left)
        let shares = zip(left, paces).map { index, pace in
            let peer = peers[index]
            let done = peer.progress?.finished.count ?? 0
            return SlotAssignment.Share(
                kept: peer.slots, unfinished: max(0, peer.slots.count - done), pace: pace,
                isTaking: peer.holds == committed)
        }
        let sets = SlotAssignment.spread(slots: options.schedule.slots, over: shares)
        for (place, index) in left.enumerated() { peers[index].slots = sets[place] }
        return announce(reason: reason, takesOver: true)
    }

    /// Tells the members of a generation of it.
    mutating func announce(reason: String, takesOver: Bool) -> [CoordinatorDirective] {
        generation = generation.next
        begun = now
        stall = nil
        gatheringSince = nil
        if !takesOver { contest = Contest() }
        hasBegun = true
        attestation = nil
        agreed = 0
        for index in members {
            peers[index].attested = nil
            // Who loads the state gives up the one that it has.
            let isLoading = peers[index].holds != committed
            if isLoading { peers[index].holds = nil }
            // In the middle of a step one that has only just loaded it is as new as before.
            peers[index].wasLoading = isLoading || (takesOver && peers[index].wasLoading)
            peers[index].report = nil
            peers[index].progress = nil
            peers[index].advanced = now
            peers[index].repeated = now
            if peers[index].idle > 0, peers[index].pace != nil, !peers[index].slots.isEmpty {
                peers[index].isOnTrial = true
            }
        }
        let isEvaluating = takesOver ? phase == .evaluating : isEvaluationDue
        dealBlocks(isEvaluating)
        if isEvaluating {
            phase = .evaluating
        } else if phase == .evaluating || phase == .parting {
            phase = .gathering
        }
        let entries = members.map {
            MemberEntry(
                worker: peers[$0].worker, host: peers[$0].hello.host, slots: peers[$0].slots)
        }
        var directives: [CoordinatorDirective] = []
        if !isPinned, let profile {
            isPinned = true
            directives.append(.append(.pinned(profile: profile)))
        }
        directives += [
            .append(
                .began(
                    generation: generation, state: committed, members: entries,
                    takesOver: takesOver, reason: reason)),
            .note(
                .began(
                    generation, state: committed, members: entries, takesOver: takesOver,
                    reason: reason)),
        ]
        let list = memberList
        for (place, index) in members.enumerated() {
            directives.append(invitation(index, Rank(place), among: list, reason: reason))
        }
        if isEvaluating { return directives + finishEvaluation() }
        return directives + enter(nextAction(index: nil))
    }

    /// The members as each of them is told of all, in rank order.
    var memberList: [Member] {
        members.map { index in
            let peer = peers[index]
            return Member(
                worker: peer.worker, slots: peer.slots,
                gradientAddress: peer.readiness?.gradientAddress ?? "",
                stateAddress: peer.readiness?.stateAddress ?? "",
                holdsState: peer.holds == committed)
        }
    }

    /// What a member is told of its generation.
    ///
    /// - Parameter list: `memberList`, which is the same for all of them.
    func invitation(
        _ index: Int, _ rank: Rank, among list: [Member], reason: String
    ) -> CoordinatorDirective {
        let deal = Deal(
            members: list, rank: rank,
            next: nextAction(index: index), contested: contest.slots,
            committed: known[committed], reason: reason)
        return .send(stamp(.begin(deal)), to: peers[index].connection)
    }

    /// The run waits for someone to come.
    private mutating func nobodyIsLeft(reason: String) -> [CoordinatorDirective] {
        if stopReason != nil || fault != nil { return close() }
        phase = .gathering
        gatheringSince = peers.contains { $0.readiness != nil } ? now : nil
        return [.note(.waiting(reason: reason))]
    }

    /// So many steps in a row must have been uneven before slots are dealt by speed: paces waver, and a deal costs a
    /// little.
    private static var unevenSteps: Int { 20 }

    /// Why the members or their deal should change at the end of this step; nil where all is well.
    mutating func reasonToDeal() -> String? {
        let enough = hasTriedSomeone ? 1 : Self.unevenSteps
        hasTriedSomeone = false
        if let leaver = peers.first(where: { $0.isMember && $0.leaving != nil }) {
            return "worker \(leaver.worker) leaves: \(leaver.leaving ?? "")"
        }
        if let joiner = peers.first(where: {
            !$0.isMember && $0.readiness != nil && $0.leaving == nil
        }) {
            return "worker \(joiner.worker) joins"
        }
        let all = members
        let shares = expectedPaces(of: all).map { SlotAssignment.Share(pace: $0) }
        if all.contains(where: { peers[$0].slots.ranges.count > 1 }) {
            return "slots are dealt in ranges again"
        }
        let best = SlotAssignment.deal(slots: options.schedule.slots, to: shares)
        // Others that have no slots wait for the speeds to be uneven: with more workers than slots, paces that waver
        // would else change the deal at every step.
        if let (idler, _) = zip(all, best).first(where: {
            peers[$0.0].wasLoading && peers[$0.0].slots.isEmpty && !$0.1.isEmpty
        }) {
            return "worker \(peers[idler].worker) has the state now"
        }
        let counts = zip(all.map { peers[$0].slots.count }, best.map(\.count))
        let span = SlotAssignment.span(counts.map(\.0), shares)
        let isUneven = SlotAssignment.span(best.map(\.count), shares) < 0.8 * span
        unevenSteps = isUneven ? unevenSteps + 1 : 0
        guard unevenSteps >= enough else { return nil }
        unevenSteps = 0
        return "slots are dealt by speed"
            + Self.list(
                zip(all, counts).filter { $0.1.0 != $0.1.1 }.map { index, change in
                    "worker \(peers[index].worker) \(change.0) to \(change.1)"
                })
    }

    /// Changes as far as they can be read at a glance.
    private static func list(_ changes: [String]) -> String {
        changes.count > 6
            ? " (\(changes.count) workers)" : ": " + changes.joined(separator: ", ")
    }
}

extension SlotAssignment {
    /// Shares in which what several have is kept by the first of them.
    static func disjoint(_ shares: [Share]) -> [Share] {
        var taken = SlotSet()
        return shares.map { share in
            var own = share
            own.kept = share.kept.subtracting(taken)
            taken = taken.union(own.kept)
            return own
        }
    }
}
