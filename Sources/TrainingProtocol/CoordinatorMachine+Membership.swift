// Coming and going.

extension CoordinatorMachine {
    mutating func welcome(
        _ hello: Hello, from connection: ConnectionID
    ) -> [CoordinatorDirective] {
        var before: [CoordinatorDirective] = []
        if let index = index(of: connection) {
            let peer = peers[index]
            if peer.hello.attempt >= hello.attempt {
                // Said again: the welcome may be lost.
                peers[index].lastHeard = now
                guard peer.readiness == nil else { return [] }
                return [.send(stamp(.welcome(peer.worker, options.introduction)), to: connection)]
            }
            before = lose(index, reason: "it began anew", tells: false)
            guard phase != .ended else { return before }
        }
        // It says hello again until it is heard.
        if isResting(hello) {
            let text = "it was lost for what it may do again, and may come back after a pause"
            return before + [.send(stamp(.answer(accepted: false, text: text)), to: connection)]
        }
        if let reason = objection(to: hello) {
            return before + [
                .send(stamp(.refusal(reason: reason)), to: connection),
                .note(.refused(host: hello.host, reason: reason)),
            ]
        }
        // Where nothing is expected the first that comes decides what the others must match; durable when the run
        // begins.
        if profile == nil { profile = hello.profile }
        let worker = nextWorker
        nextWorker = nextWorker.next
        add(
            Peer(
                worker: worker, connection: connection, hello: hello, lastHeard: now, advanced: now)
        )
        return before + [
            .send(stamp(.welcome(worker, options.introduction)), to: connection),
            .note(
                .joined(
                    worker, before: hello.worker, host: hello.host, threads: hello.threads)),
        ]
    }

    private func objection(to hello: Hello) -> String? {
        if hello.protocolVersion != protocolVersion {
            return
                "the worker speaks protocol version \(hello.protocolVersion) and the coordinator "
                + "\(protocolVersion): install the same release on both"
        }
        return profile.flatMap { ProfileEntry.difference(between: $0, and: hello.profile) }
    }

    mutating func ready(_ index: Int, _ readiness: Readiness) -> [CoordinatorDirective] {
        guard peers[index].readiness == nil else { return [] }
        let others = peers.first { $0.readiness != nil }
        if let others, let expected = others.readiness, expected.model != readiness.model {
            let reason =
                "its model differs from that of worker \(others.worker) (\(others.hello.host)): "
                + "install the same release on both"
            let peer = remove(index)
            return [
                .send(stamp(.refusal(reason: reason)), to: peer.connection),
                .note(.refused(host: peer.hello.host, reason: reason)),
            ] + afterDeparture()
        }
        failedLaunches = 0
        peers[index].readiness = readiness
        adoptHolding(index, readiness.holding)
        if gatheringSince == nil { gatheringSince = now }
        return phase == .gathering ? beginIfReady() : []
    }

    /// A worker of an earlier term, or one that was lost, may have the state that is wanted; one that was at the
    /// commit when its coordinator died catches up when it is told of the generation.
    private mutating func adoptHolding(_ index: Int, _ holding: Holding?) {
        guard let holding, holding.step <= journaled else { return }
        peers[index].holds = holding.step
        // A worker may claim what it likes; there are no more slots than the schedule's.
        let whole = SlotSet(0..<options.schedule.slots)
        peers[index].readiness?.holding?.finished = SlotSet(
            holding.finished.slots.filter { whole.contains($0) })
        guard let digest = holding.reduced, known[holding.step.next] == digest else { return }
        peers[index].holds = holding.step.next
        peers[index].readiness?.holding?.finished = SlotSet()
    }

    // MARK: Going

    mutating func leaves(_ index: Int, _ reason: String) -> [CoordinatorDirective] {
        guard peers[index].isMember else {
            return release(index, reason: reason) + afterDeparture()
        }
        if peers[index].leaving == nil { peers[index].leaving = reason }
        return []
    }

    /// Lets a worker go that has no part in a step.
    mutating func release(_ index: Int, reason: String) -> [CoordinatorDirective] {
        let peer = remove(index)
        forgetSave(by: peer)
        return [
            .send(stamp(.finish(.released, reason: reason)), to: peer.connection),
            .note(.left(peer.worker, reason: reason)),
        ]
    }

    private mutating func forgetSave(by peer: Peer) {
        // What has arrived is written without it.
        guard let saving, saving.by == peer.worker, !saving.hasArrived else { return }
        self.saving = nil
        isSaveDue = true
    }

    /// A worker is gone. The step under way goes on without it.
    ///
    /// - Parameters:
    ///   - isFault: Whether the worker found something that others would meet again.
    ///   - tells: Whether it learns of it: it may only have been slow, and come again.
    ///   - rests: Whether it would do the same again, and may come back only after a while.
    mutating func lose(
        _ index: Int, reason: String, isFault: Bool = false, tells: Bool = true, rests: Bool = false
    ) -> [CoordinatorDirective] {
        let blame = blame(for: index, reason: reason)
        let departure = depart(index, blame, reason: reason, tells: tells)
        if rests { rest(departure.peer.hello) }
        if isFault, let end = meetFault(departure.cause) { return departure.directives + end }
        return departure.directives + goOn(without: [departure])
    }

    /// Workers that are gone at once: one generation, and not one for each.
    mutating func lose(
        _ connections: [ConnectionID], reason: String
    ) -> [CoordinatorDirective] {
        let gone = connections.compactMap { index(of: $0) }
        guard let first = gone.first(where: { peers[$0].isMember }) ?? gone.first else { return [] }
        // One report for all, made before anyone is gone: who waits for whom is said by rank.
        var blame = blame(for: first, reason: reason)
        blame.lostSlots = SlotSet(ranges: gone.flatMap { peers[$0].slots.ranges })
        var departures: [Departure] = []
        for connection in connections {
            guard let index = index(of: connection) else { continue }
            departures.append(depart(index, blame, reason: reason, tells: true))
        }
        return departures.flatMap(\.directives) + goOn(without: departures)
    }

    private struct Departure {
        let peer: Peer
        let cause: String
        let blame: BlameReport
        let directives: [CoordinatorDirective]
    }

    private mutating func depart(
        _ index: Int, _ blame: BlameReport, reason: String, tells: Bool
    ) -> Departure {
        let peer = remove(index)
        var directives: [CoordinatorDirective] = [
            .append(.lost(worker: peer.worker, reason: reason)),
            .note(.lost(peer.worker, reason: reason)),
        ]
        if tells {
            directives.append(
                .send(
                    stamp(.unknown(reason: "this worker was lost: \(reason)")), to: peer.connection)
            )
        }
        forgetSave(by: peer)
        let cause =
            "worker \(peer.worker) (\(peer.hello.host), process \(peer.hello.process)): \(reason)"
        return Departure(peer: peer, cause: cause, blame: blame, directives: directives)
    }

    private mutating func goOn(without departures: [Departure]) -> [CoordinatorDirective] {
        guard phase == .evaluating || isStepping else { return afterDeparture() }
        let members = departures.filter(\.peer.isMember)
        guard let first = members.first else { return [] }
        let others = members.count > 1 ? ", and \(members.count - 1) more" : ""
        let aborts: [CoordinatorDirective] = isStepping ? [.note(.aborted(first.blame))] : []
        return aborts + takeOver(reason: first.cause + others)
    }

    private var isStepping: Bool {
        if case .stepping = phase { true } else { false }
    }

    /// What waits for somebody may not have to any more, or have nobody to wait for.
    private mutating func afterDeparture() -> [CoordinatorDirective] {
        switch phase {
        case .gathering:
            if peers.isEmpty, !isPinned { profile = options.expectedProfile }
            return beginIfReady()
        case .parting: return part()
        case .closing: return close()
        case .stepping, .evaluating, .ended: return []
        }
    }

    /// The same step failing again is no accident.
    private mutating func meetFault(_ cause: String) -> [CoordinatorDirective]? {
        if !hasBegun { return fail(cause) }
        let step = committed.next
        guard faultyStep == step else {
            faultyStep = step
            return nil
        }
        fault = cause
        return endEarly(reason: cause)
    }

    mutating func launchFailed(_ reason: String) -> [CoordinatorDirective] {
        failedLaunches += 1
        // One may be killed by accident; a program that cannot run is not healed by more of it.
        guard failedLaunches >= 3 else { return [] }
        return peers.contains { $0.isMember } ? [] : fail(reason)
    }
}
