// Generations: they rise, each deals every slot once, and a step that is taken over loses no more than it must.

extension JournalAudit {
    mutating func began(
        _ generation: Generation, _ state: Step, _ members: [MemberEntry], _ takesOver: Bool?,
        _ reason: String
    ) {
        if generation <= newestGeneration {
            find(
                "generation",
                "generation \(generation) comes behind generation \(newestGeneration)",
                .restore)
        }
        newestGeneration = max(newestGeneration, generation)
        if !isCommitted(state) {
            find(
                "state",
                "generation \(generation) begins from the state of step \(state), and the last commit "
                    + "is of step \(report.lastStep)", .restore)
        }
        checkDeal(generation, members)
        let whole = SlotSet(0..<schedule.slots)
        // What was dealt beyond the slots is reported, and no more than that.
        let inside = members.map {
            MemberEntry(
                worker: $0.worker, host: $0.host, slots: whole.intersection(with: $0.slots))
        }
        for member in inside { register(member) }
        follow(deal, by: inside, generation, state, takesOver, reason)
        deal = Deal(
            generation: generation, state: state, members: inside,
            position: min(state, report.lastStep))
    }

    private mutating func checkDeal(_ generation: Generation, _ members: [MemberEntry]) {
        let whole = SlotSet(0..<schedule.slots)
        var dealt = SlotSet()
        var twice = SlotSet()
        var outside = false
        for member in members {
            let own = whole.intersection(with: member.slots)
            outside = outside || own != member.slots
            twice = twice.union(own.intersection(with: dealt))
            dealt = dealt.union(own)
        }
        let idle = whole.subtracting(dealt)
        let name = "generation \(generation)"
        if members.isEmpty {
            find("members", "\(name) has no members", .distrust)
        } else if !idle.isEmpty {
            find("members", "slots \(idle) of \(name) are dealt to nobody", .distrust)
        }
        if !twice.isEmpty {
            find("members", "slots \(twice) of \(name) are dealt to several members", .distrust)
        }
        if outside {
            find(
                "members",
                "\(name) deals slots that a step does not have: its slots are 0 to \(schedule.slots - 1)",
                "train.slots in config.yaml was edited, or the journal is another run's: restore them "
                    + "from copies")
        }
    }

    private mutating func register(_ member: MemberEntry) {
        if lostLines[member.worker] != nil {
            find(
                "members", "worker \(member.worker) is a member and was lost before", .distrust)
        }
        guard let place = places[member.worker] else {
            places[member.worker] = report.workers.count
            report.workers.append(
                JournalAuditReport.Worker(worker: member.worker, host: member.host))
            return
        }
        let host = report.workers[place].host
        if host != member.host {
            find(
                "members", "worker \(member.worker) is on \(member.host), and was on \(host)",
                .distrust)
        }
    }

    // MARK: From one generation to the next

    /// Notes what changed, and what was dealt again because of it.
    private mutating func follow(
        _ before: Deal?, by members: [MemberEntry], _ generation: Generation, _ state: Step,
        _ takesOver: Bool?, _ reason: String
    ) {
        let kind = before.map { change(from: $0, to: members, state, takesOver) } ?? .begins
        let old = before?.members ?? []
        let left = old.filter { entry in !members.contains { $0.worker == entry.worker } }
        let joined = members.filter { entry in !old.contains { $0.worker == entry.worker } }
        var moved = SlotSet()
        var lost = SlotSet()
        if let before, state > before.position, isCommitted(state) {
            // These steps were committed in an earlier term, and no line tells of them again.
            creditAgain(before, steps: state.rawValue - before.position.rawValue)
        }
        if let before, kind == .takesOver {
            for member in left { lost = lost.union(member.slots) }
            for member in members {
                let more = member.slots.subtracting(before.set(of: member.worker) ?? SlotSet())
                moved = moved.union(more)
                if let place = places[member.worker] {
                    report.workers[place].slotsAgain += more.count
                }
            }
            let needless = moved.subtracting(lost)
            if !before.lost.isEmpty, !needless.isEmpty {
                find(
                    "members",
                    "generation \(generation) takes over step \(state.rawValue &+ 1) and deals again "
                        + "slots \(needless), which members held that are still there; those that left "
                        + "held \(lost)",
                    "work was done twice that was not lost: no clip is counted twice by it, but report "
                        + "the fault")
            }
        }
        report.changes.append(
            JournalAuditReport.Change(
                line: line, term: term ?? Term(0), generation: generation, state: state, kind: kind,
                members: members.count, joined: joined.map(\.worker), left: left.map(\.worker),
                slotsLost: lost.count, slotsMoved: moved.count, reason: reason))
    }

    /// How a generation follows another in one term.
    ///
    /// A member is lost in the middle of a step or an evaluation only, and those who join or leave wait for its end.
    /// Where a journal does not say, a deal to the same members is taken to be fresh if it is of one range each, in
    /// their order.
    private func change(
        from before: Deal, to members: [MemberEntry], _ state: Step, _ takesOver: Bool?
    ) -> JournalAuditReport.Change.Kind {
        if state < before.position { return .rewinds }
        if !before.lost.isEmpty { return .takesOver }
        if let takesOver { return takesOver ? .takesOver : .deals }
        guard members.map(\.worker) == before.members.map(\.worker) else { return .deals }
        if members == before.members { return .takesOver }
        let isEnd = state > before.state || schedule.endsEpoch(state)
        return isEnd && Self.isFresh(members) ? .deals : .takesOver
    }

    private static func isFresh(_ members: [MemberEntry]) -> Bool {
        var next = 0
        for member in members where !member.slots.isEmpty {
            guard member.slots.ranges.count == 1, member.slots.ranges[0].lowerBound == next else {
                return false
            }
            next = member.slots.ranges[0].upperBound
        }
        return true
    }

    // MARK: Shares

    /// The members of the generation under way have had a step committed.
    mutating func credit(_ step: Step) {
        guard var deal, deal.position < step else { return }
        creditAgain(deal, steps: step.rawValue - deal.position.rawValue - 1)
        for member in deal.members {
            guard let place = places[member.worker] else { continue }
            report.workers[place].steps += 1
            report.workers[place].slots += member.slots.count
        }
        deal.position = step
        deal.lost = []
        self.deal = deal
    }

    private mutating func creditAgain(_ deal: Deal, steps: UInt64) {
        // No more than there are, whatever numbers a file has.
        let steps = min(Int(clamping: steps), report.commits)
        for member in deal.members {
            guard let place = places[member.worker] else { continue }
            report.workers[place].slotsAgain += steps * member.slots.count
        }
    }

    mutating func lost(_ worker: WorkerID, _ reason: String) {
        if let before = lostLines[worker] {
            find("worker", "worker \(worker) was lost before, in line \(before)", .distrust)
        }
        lostLines[worker] = line
        if deal?.set(of: worker) != nil { deal?.lost.append(worker) }
        let position = deal?.position ?? report.lastStep
        report.losses.append(
            JournalAuditReport.Loss(
                line: line, term: term ?? Term(0), worker: worker,
                host: places[worker].map { report.workers[$0].host },
                step: position.rawValue &+ 1, reason: reason))
    }
}

extension SlotSet {
    /// Slots that both hold. Made of ranges, for what a file says may name any number of slots.
    fileprivate func intersection(with other: SlotSet) -> SlotSet {
        SlotSet(
            ranges: ranges.flatMap { range in
                other.ranges.map { $0.clamped(to: range) }
            })
    }
}
