// Saving the state, and the ways in which a run ends.

extension CoordinatorMachine {
    /// Asks one member for the committed state, unless it is saved or an upload is under way.
    mutating func save() -> [CoordinatorDirective] {
        guard saving == nil, saved != committed else { return [] }
        // While a step is under way every member holds the committed state; after an abort only those that said so.
        let holder = peers.first { phase != .closing || $0.halted == nil || $0.halted == committed }
        guard let holder else { return [] }
        saving = (committed, holder.worker)
        return [
            .send(stamp(.save), to: holder.connection),
            .note(.saving(committed, by: holder.worker)),
        ]
    }

    mutating func stateSaved(_ step: Step) -> [CoordinatorDirective] {
        guard saving?.step == step else { return [] }
        saving = nil
        saved = step
        var directives: [CoordinatorDirective] = [.append(.saved(step: step)), .note(.saved(step))]
        if phase == .closing { directives += close() }
        return directives
    }

    mutating func requestStop(_ reason: String) -> [CoordinatorDirective] {
        guard stopReason == nil else { return [] }
        stopReason = reason
        var directives: [CoordinatorDirective] = [.note(.stopping(reason: reason))]
        if phase == .gathering {
            directives += finish(.stopped(saved: saved, reason: reason))
        }
        return directives
    }

    /// Ends the run once the committed state is saved.
    mutating func close() -> [CoordinatorDirective] {
        phase = .closing
        if saving != nil { return [] }
        if saved != committed {
            let directives = save()
            if saving != nil { return directives }
            // Nobody holds it any more: the newest saved state is where a resumption starts.
        }
        if let fault {
            return finish(.failed(reason: fault + "; the state of step \(saved) is saved"))
        }
        if saved < options.schedule.lastStep {
            let reason = stopReason ?? "no worker is left that holds the last step's state"
            return finish(.stopped(saved: saved, reason: reason))
        }
        return finish(.completed(committed))
    }

    /// A worker is gone: the step under way is dropped, the committed state saved, and the run ends resumably.
    ///
    /// - Parameter isFault: Whether the worker found something that a resumption would meet again.
    mutating func lose(
        _ index: Int, reason: String, isFault: Bool = false
    ) -> [CoordinatorDirective] {
        let peer = peers.remove(at: index)
        let cause =
            "worker \(peer.worker) (\(peer.hello.host), process \(peer.hello.process)): \(reason)"
        var directives: [CoordinatorDirective] = [
            .append(.lost(worker: peer.worker, reason: reason)),
            .note(.lost(peer.worker, reason: reason)),
            // It may only have been slow: then it learns that the run goes on without it.
            .send(stamp(.finish(completed: false, reason: reason)), to: peer.connection),
        ]
        if saving?.by == peer.worker { saving = nil }
        if isFault, fault == nil, phase != .gathering { fault = cause }
        switch phase {
        case .gathering:
            if peers.isEmpty { profile = options.profile }
            // A guest may change its mind before the start; a worker of our own that dies is a fault to see.
            directives += peer.hello.launchToken.isEmpty ? beginIfReady() : fail(cause)
        case .stepping, .evaluating:
            directives += abort(reason: cause)
        case .halting:
            directives += closeWhenIdle()
        case .closing:
            if stopReason == nil { stopReason = cause }
            directives += close()
        case .ended:
            break
        }
        return directives
    }

    /// Drops the step under way; the run ends once everyone is idle.
    mutating func abort(reason: String) -> [CoordinatorDirective] {
        if stopReason == nil { stopReason = reason }
        stall = nil
        generation = generation.next
        phase = .halting
        for index in peers.indices { peers[index].halted = nil }
        return [.note(.stopping(reason: reason))] + broadcast(.abort(reason: reason))
            + closeWhenIdle()
    }

    mutating func closeWhenIdle() -> [CoordinatorDirective] {
        guard phase == .halting, peers.allSatisfy({ $0.halted != nil }) else { return [] }
        return close()
    }

    /// Something is wrong that going on would make worse: nothing more is committed or saved.
    mutating func fail(_ reason: String) -> [CoordinatorDirective] {
        finish(.failed(reason: reason))
    }

    private mutating func finish(_ outcome: Outcome) -> [CoordinatorDirective] {
        phase = .ended
        switch outcome {
        case .completed(let step):
            return [.append(.completed(state: step))]
                + broadcast(.finish(completed: true, reason: "the run is complete"))
                + [.end(outcome)]
        case .stopped(let step, let reason):
            return [.append(.stopped(state: step, reason: reason))]
                + broadcast(.finish(completed: false, reason: reason)) + [.end(outcome)]
        case .failed(let reason):
            // No record: the journal itself may be what failed.
            return broadcast(.finish(completed: false, reason: reason)) + [.end(outcome)]
        }
    }
}
