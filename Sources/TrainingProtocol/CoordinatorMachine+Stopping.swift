// Saving the state, and the ways in which a run ends.

/// A state that was asked for.
struct Saving: Sendable, Equatable {
    let step: Step
    let by: WorkerID
    /// Whether the coordinator has all of it and only the disk is awaited.
    var hasArrived = false
}

extension CoordinatorMachine {
    /// Asks one worker for the committed state, unless it is saved. While an upload is under way the next one waits.
    mutating func save() -> [CoordinatorDirective] {
        guard saved < committed else {
            isSaveDue = false
            return []
        }
        guard saving == nil else { return [] }
        // Rather one that has sent what it was asked for, is a member (others hold the state once they are told of a
        // generation), and stays.
        let reluctance = { [passedOver] (peer: Peer) in
            (peer.worker == passedOver ? 4 : 0) + (peer.isMember ? 0 : 2)
                + (peer.leaving == nil ? 0 : 1)
        }
        let holders = peers.filter { $0.holds == committed }
        guard let holder = holders.min(by: { reluctance($0) < reluctance($1) }) else { return [] }
        isSaveDue = false
        saving = Saving(step: committed, by: holder.worker)
        savingSince = now
        return [
            .send(stamp(.save), to: holder.connection),
            .note(.saving(committed, by: holder.worker)),
        ]
    }

    /// So many times a state is asked for that others wait for before its holder is given up.
    private static var mostAsked: Int { 3 }

    /// A word that was lost on the way must not keep the run from ending. States are large and disks slow: each
    /// time it takes twice as long until someone is asked again.
    mutating func saveAgain() -> [CoordinatorDirective] {
        let patience = options.deadlines.upload * (1 << min(6, savesAskedAgain))
        guard let saving, !saving.hasArrived, now - savingSince > patience else { return [] }
        savesAskedAgain += 1
        passedOver = saving.by
        self.saving = nil
        if phase == .closing || phase == .parting,
            let index = peers.firstIndex(where: { $0.worker == saving.by })
        {
            peers[index].timesAsked += 1
            if peers[index].timesAsked >= Self.mostAsked {
                return lose(
                    index, reason: "it does not send the state that it was asked for", rests: true)
            }
        }
        return phase == .closing ? close() : save()
    }

    /// The coordinator has a whole state, and writes it: from now on nobody else can be to blame.
    mutating func stateArrived(_ step: Step) -> [CoordinatorDirective] {
        if saving?.step == step { saving?.hasArrived = true }
        return []
    }

    mutating func stateSaved(_ step: Step) -> [CoordinatorDirective] {
        let wasAwaited = saving?.step == step
        if wasAwaited { saving = nil }
        // A newer one may have come before it.
        guard step > saved, step <= journaled else { return wasAwaited ? goOnAfterSaving() : [] }
        saved = step
        savesAskedAgain = 0
        for index in peers.indices { peers[index].timesAsked = 0 }
        passedOver = nil
        // What lies before can be had again without being computed.
        known = known.filter { $0.key >= min(step, committed) }
        let directives: [CoordinatorDirective] = [.append(.saved(step: step)), .note(.saved(step))]
        return directives + goOnAfterSaving()
    }

    mutating func stateSaveFailed(_ step: Step, _ reason: String) -> [CoordinatorDirective] {
        guard saving?.step == step else { return [] }
        saving = nil
        let text = "the state of step \(step) could not be saved: \(reason)"
        switch phase {
        case .closing:
            return fail(
                "\(text); the state of step \(saved) is saved, and the steps after it can be computed "
                    + "again")
        default:
            // The next one may find room; until then there is an older one.
            let directives: [CoordinatorDirective] = [.note(.saveFailed(step, reason: reason))]
            return phase == .parting ? directives + partUnsaved() : directives
        }
    }

    private mutating func goOnAfterSaving() -> [CoordinatorDirective] {
        if saved >= options.schedule.lastStep, saved > committed {
            // The last state was lost with its holders, but not what they had sent of it.
            committed = saved
            return close()
        }
        switch phase {
        case .closing: return close()
        case .parting: return part()
        // The members may have gone on since, and hold a newer state: that is what a save that is due saves.
        case .stepping, .evaluating: return isSaveDue ? save() : []
        case .gathering: return mustEnd && saved >= committed && !isEvaluationDue ? close() : []
        case .ended: return []
        }
    }

    mutating func requestStop(_ reason: String) -> [CoordinatorDirective] {
        guard stopReason == nil else { return [] }
        stopReason = reason
        var directives: [CoordinatorDirective] = [.note(.stopping(reason: reason))]
        if phase == .gathering { directives += close() }
        return directives
    }

    /// Ends the run once the committed state is saved.
    mutating func close() -> [CoordinatorDirective] {
        phase = .closing
        if saving != nil { return [] }
        if saved < committed {
            let directives = save()
            if saving != nil { return directives }
            // Nobody holds it any more. Who asked for an end gets it, and goes on from the newest saved state later; a run
            // that is to be complete computes the steps after that again.
            if stopReason == nil, fault == nil {
                phase = .gathering
                return begin(reason: "the last state is lost")
            }
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

    /// Gives up the step under way; the committed state is saved, and the run ends.
    mutating func endEarly(reason: String) -> [CoordinatorDirective] {
        if stopReason == nil { stopReason = reason }
        return [.note(.stopping(reason: reason))] + close()
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
                + broadcast(.finish(.completed, reason: "the run is complete"))
                + [.end(outcome)]
        case .stopped(let step, let reason):
            return [.append(.stopped(state: step, reason: reason))]
                + broadcast(.finish(.stopped, reason: reason)) + [.end(outcome)]
        case .failed(let reason):
            // No record: the journal itself may be what failed.
            return broadcast(.finish(.stopped, reason: reason)) + [.end(outcome)]
        }
    }
}
