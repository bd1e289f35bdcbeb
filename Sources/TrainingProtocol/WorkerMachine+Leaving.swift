// A worker that is asked to go.

extension WorkerMachine {
    mutating func leave(_ reason: String, now: Duration) -> [WorkerDirective] {
        // Nobody waits for one who has no part in a step; and who asks twice does not want to wait.
        guard leaving == nil, hasJoined, deal != nil, activity != .greeting, !isSilent(at: now)
        else { return leaveAtOnce(reason, now: now) }
        leaving = (reason, now)
        return [.note(.leaving(reason: reason)), send(.leaving(reason: reason))]
    }

    mutating func leaveAtOnce(_ reason: String, now: Duration) -> [WorkerDirective] {
        let outcome: WorkerOutcome =
            if !hasJoined {
                .withdrew(reason: reason)
            } else if isSilent(at: now) {
                .leftUnheard(silence: now - (lastHeard ?? now), reason: reason)
            } else {
                .left(reason: reason)
            }
        return end(outcome, saying: .leaving(reason: reason))
    }

    /// Whether a coordinator that it has joined may be gone: nobody tells how the run goes on.
    func isSilent(at now: Duration) -> Bool {
        hasJoined && now - (lastHeard ?? now) > deadlines.silence
    }
}
