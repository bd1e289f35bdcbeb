// The part of a worker in a generation.

extension WorkerMachine {
    mutating func begin(_ message: Stamped<Deal>) -> [WorkerDirective] {
        guard message.generation > generation, activity != .preparing,
            message.body.members.indices.contains(message.body.rank.rawValue)
        else { return [] }
        if activity == .updating {
            // The update was released by a commit, which came before: it is part of the state.
            waiting = message
            return [.interrupt(message.generation)]
        }
        return enter(message)
    }

    private mutating func enter(_ message: Stamped<Deal>) -> [WorkerDirective] {
        let deal = message.body
        waiting = nil
        lastWord = nil
        attestation = nil
        awaiting = nil
        generation = message.generation
        base = message.step
        self.deal = deal
        let slots = deal.members[deal.rank.rawValue].slots
        var directives: [WorkerDirective] = [
            .interrupt(generation),
            .adopt(generation, members: deal.members, rank: deal.rank),
            .note(
                .began(
                    generation, state: base, deal.rank, members: deal.members.count, slots: slots,
                    reason: deal.reason)),
        ]
        if holds == base {
            directives.append(.attest(base, generation))
            return directives + perform(deal.next)
        }
        if let reduced, holds?.next == base, reduced == deal.committed {
            // The commit was lost on the way, or with the coordinator that made it.
            waiting = message
            activity = .updating
            return [directives[0], .update(base)]
        }
        holds = nil
        outcomes = [:]
        reduced = nil
        next = deal.next
        activity = .loading
        let donors = deal.members.filter(\.holdsState).map(\.stateAddress)
        directives.append(
            .load(base, generation, from: donors.isEmpty ? .coordinator : .members(donors)))
        return directives
    }

    mutating func perform(_ next: NextAction) -> [WorkerDirective] {
        guard let holds, let slots = mySlots, let deal else { return [] }
        lastWord = nil
        awaiting = nil
        switch next {
        case .step:
            activity = .computing
            // Computing may already write where the reduced sum of an older generation lies.
            reduced = nil
            return [.compute(holds.next, generation, slots: slots, contested: deal.contested)]
        case .evaluate(let blocks):
            activity = .evaluating
            return [.evaluate(holds, generation, blocks: blocks)]
        case .halt:
            activity = .halted
            return []
        }
    }

    mutating func commit(
        _ message: Stamped<CoordinatorMessage>, _ digest: Digest, _ next: NextAction
    ) -> [WorkerDirective] {
        guard message.generation == generation, let holds, message.step == holds.next,
            reduced == digest, activity == .awaitingCommit
        else { return [] }
        self.next = next
        activity = .updating
        lastWord = nil
        attestation = nil
        return [.update(message.step)]
    }

    /// The hands have done something.
    mutating func carried(_ event: WorkerEvent) -> [WorkerDirective] {
        switch event {
        case .prepared(let readiness):
            return prepared(readiness)
        case .loaded(let step, let generation):
            guard activity == .loading, generation == self.generation, step == base else {
                return []
            }
            holds = step
            return [.attest(step, generation)] + perform(next)
        case .loadFailed(let step, let generation, let reason):
            guard activity == .loading, generation == self.generation, step == base else {
                return []
            }
            activity = .stalled
            return say(.stalled(reason: reason, accused: nil), about: base)
        case .attested(let step, let generation, let digest):
            guard generation == self.generation, step == base, holds == base else { return [] }
            let word = stamp(.attested(digest), about: step)
            attestation = word
            return [.send(word)]
        case .slotDone(let step, let outcome):
            guard step == holds?.next else { return [] }
            outcomes[outcome.slot.rawValue] = outcome
            return []
        case .witnessed(let step, let slot, let digest):
            guard step == holds?.next, deal != nil else { return [] }
            return [send(.witnessed(slot, digest), about: step)]
        case .computed(let step, let generation):
            guard activity == .computing, generation == self.generation, step == holds?.next else {
                return []
            }
            activity = .reducing
            awaiting = nil
            reduced = nil
            return [.reduce(step, generation)]
        case .reduced(let step, let generation, let digest, let times):
            return reduced(step, generation, digest, times)
        case .updated(let step):
            return updated(step)
        case .evaluated(let step, let generation, let blocks):
            guard activity == .evaluating, generation == self.generation, step == holds else {
                return []
            }
            activity = .halted
            return say(.evaluated(blocks), about: step)
        case .stalled(let step, let generation, let reason, let accused):
            guard activity == .reducing, generation == self.generation, step == holds?.next else {
                return []
            }
            activity = .stalled
            return say(.stalled(reason: reason, accused: accused), about: step)
        case .received, .failed, .leaveRequested, .awaiting, .tick:
            return []
        }
    }

    private mutating func prepared(_ readiness: Readiness) -> [WorkerDirective] {
        guard activity == .preparing else { return [] }
        activity = .idle
        var readiness = readiness
        readiness.holding = holds.map {
            Holding(step: $0, finished: SlotSet(outcomes.keys), reduced: reduced)
        }
        return say(.ready(readiness))
    }

    private mutating func reduced(
        _ step: Step, _ generation: Generation, _ digest: Digest, _ times: PhaseTimes
    ) -> [WorkerDirective] {
        guard activity == .reducing, generation == self.generation, step == holds?.next,
            let slots = mySlots
        else { return [] }
        activity = .awaitingCommit
        reduced = digest
        let report = StepReport(
            digest: digest, slots: slots.slots.compactMap { outcomes[$0] }, times: times)
        return say(.reduced(report), about: step)
    }

    private mutating func updated(_ step: Step) -> [WorkerDirective] {
        guard step == holds?.next else { return [] }
        holds = step
        outcomes = [:]
        reduced = nil
        // Greeting or preparing meanwhile: the state is what will be told.
        guard activity == .updating else { return [] }
        if let waiting { return enter(waiting) }
        return perform(next)
    }
}
