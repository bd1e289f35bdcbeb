// Joining, and the beginning of a generation.

extension CoordinatorMachine {
    mutating func welcome(
        _ hello: Hello, from connection: ConnectionID, now: Duration
    ) -> [CoordinatorDirective] {
        if let reason = objection(to: hello, connection) {
            return [
                .send(stamp(.refusal(reason: reason)), to: connection),
                .note(.refused(host: hello.host, reason: reason)),
            ]
        }
        // The first that comes decides what the others must match; durable when the run begins.
        if profile == nil { profile = hello.profile }
        let worker = nextWorker
        nextWorker = nextWorker.next
        peers.append(Peer(worker: worker, connection: connection, hello: hello, lastHeard: now))
        return [
            .send(stamp(.welcome(worker, options.introduction)), to: connection),
            .note(.joined(worker, host: hello.host, threads: hello.threads)),
        ]
    }

    private func objection(to hello: Hello, _ connection: ConnectionID) -> String? {
        if hello.protocolVersion != protocolVersion {
            return
                "the worker speaks protocol version \(hello.protocolVersion) and the coordinator "
                + "\(protocolVersion): install the same release on both"
        }
        if peers.contains(where: { $0.connection == connection }) {
            return "this connection has joined already"
        }
        if let profile, let difference = Self.difference(between: profile, and: hello.profile) {
            return difference
        }
        guard phase == .gathering else {
            return
                "the run has begun, and a worker cannot join in the middle of it: join before the "
                + "start (`coordinator start --workers N` waits for N)"
        }
        return nil
    }

    /// The first property in which a worker's numerics profile differs from the run's.
    static func difference(
        between pinned: [ProfileEntry], and offered: [ProfileEntry]
    ) -> String? {
        for entry in pinned {
            let other = offered.first { $0.name == entry.name }?.value ?? "nothing"
            if other != entry.value {
                return
                    "numerics profile: the run is pinned to \(entry.name) \"\(entry.value)\" and "
                    + "the worker has \"\(other)\""
            }
        }
        if let extra = offered.first(where: { entry in
            !pinned.contains { $0.name == entry.name }
        }) {
            return
                "numerics profile: the worker has \(extra.name) \"\(extra.value)\", which the run "
                + "does not know"
        }
        return nil
    }

    mutating func ready(
        _ index: Int, step: Step, _ readiness: Readiness
    ) -> [CoordinatorDirective] {
        guard phase == .gathering, step == options.start else { return [] }
        peers[index].ready = readiness
        if let first = peers.first(where: { $0.ready != nil }), let expected = first.ready,
            (expected.weights, expected.model) != (readiness.weights, readiness.model)
        {
            let what = expected.model != readiness.model ? "model" : "weights"
            return fail(
                "\(what) of worker \(peers[index].worker) (\(peers[index].hello.host)) at step "
                    + "\(step) differ from worker \(first.worker)'s (\(first.hello.host))")
        }
        return beginIfReady()
    }

    /// Begins once enough workers are there and all that are there are ready.
    mutating func beginIfReady() -> [CoordinatorDirective] {
        guard phase == .gathering, peers.count >= options.workers,
            peers.allSatisfy({ $0.ready != nil })
        else { return [] }
        return begin()
    }

    private mutating func begin() -> [CoordinatorDirective] {
        generation = generation.next
        let ranges = SlotAssignment.ranges(slots: options.schedule.slots, members: peers.count)
        for index in peers.indices { peers[index].slots = ranges[index] }
        let members = peers.map {
            Member(
                worker: $0.worker, slots: $0.slots,
                gradientAddress: $0.ready?.gradientAddress ?? "")
        }
        let entries = peers.map {
            MemberEntry(
                worker: $0.worker, host: $0.hello.host, firstSlot: $0.slots.lowerBound,
                slotCount: $0.slots.count)
        }
        let next = nextAction(evaluationDue: false)
        var directives: [CoordinatorDirective] = []
        if options.profile == nil, let profile {
            directives.append(.append(.pinned(profile: profile)))
        }
        directives += [
            .append(.began(generation: generation, state: committed, members: entries)),
            .note(.began(generation, state: committed, members: entries)),
        ]
        for (index, peer) in peers.enumerated() {
            let body = CoordinatorMessage.begin(members: members, rank: Rank(index), next: next)
            directives.append(.send(stamp(body), to: peer.connection))
        }
        return directives + enter(next)
    }
}
