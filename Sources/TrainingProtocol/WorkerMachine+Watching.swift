// What time brings: heartbeats, words said again, and the end of a worker's patience.

extension WorkerMachine {
    mutating func tick(now: Duration) -> [WorkerDirective] {
        let heard = lastHeard ?? now
        lastHeard = heard
        var directives: [WorkerDirective] = []
        if let leaving, now - leaving.since > deadlines.leaving || isSilent(at: now) {
            return leaveAtOnce(leaving.reason, now: now)
        }
        if !hasJoined, now - heard > patience {
            let reason =
                "nobody answers at this address; take the one that the coordinator prints"
            hasEnded = true
            return [.end(.failed(reason: reason))]
        }
        if now - heard > deadlines.orphan {
            let reason = "its coordinator was not heard from for \((now - heard).secondsText)"
            return end(.orphaned(silence: now - heard), saying: .leaving(reason: reason))
        }
        if !toldSilence, isSilent(at: now) {
            toldSilence = true
            directives.append(.note(.coordinatorSilent(now - heard)))
        }
        guard now - (lastBeat ?? .zero) >= deadlines.heartbeat else { return directives }
        lastBeat = now
        if activity != .greeting {
            let progress = Progress(
                activity: activity, holds: holds, finished: finishedSlots,
                awaiting: activity.hasProgress ? awaiting : nil)
            directives.append(send(.heartbeat(progress)))
        }
        if let attestation { directives.append(.send(attestation)) }
        if let lastWord { directives.append(.send(lastWord)) }
        if let leaving, activity != .greeting {
            directives.append(send(.leaving(reason: leaving.reason)))
        }
        return directives
    }

    private var finishedSlots: SlotSet {
        guard let slots = mySlots else { return SlotSet() }
        return SlotSet(slots.slots.filter { outcomes[$0] != nil })
    }
}
