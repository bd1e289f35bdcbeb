// How a worker comes to know a run.

extension WorkerMachine {
    mutating func introduce(
        _ message: Stamped<CoordinatorMessage>, now: Duration
    ) -> [WorkerDirective] {
        switch message.body {
        case .welcome(let worker, let introduction):
            guard activity == .greeting else { return [] }
            heard(at: now)
            // The same run with another configuration, as with more steps, is met anew.
            let isSame = self.introduction?.describesSameRun(as: introduction) ?? false
            if message.run != run || !isSame { forget() }
            self.introduction = introduction
            run = message.run
            self.worker = worker
            term = message.term
            generation = message.generation
            deadlines = introduction.deadlines
            hasJoined = true
            activity = .preparing
            lastWord = nil
            toldToWait = nil
            return [.note(.joined(worker)), .prepare(run, term, introduction)]
        case .refusal(let reason):
            guard activity == .greeting || activity == .preparing || activity == .idle else {
                return []
            }
            hasEnded = true
            return [.end(.refused(reason: reason))]
        case .unknown(let reason):
            // A term that has ended knows nobody either.
            guard activity != .greeting, message.run == run, message.term >= term else { return [] }
            if let leaving {
                hasEnded = true
                return [.end(.left(reason: leaving.reason))]
            }
            heard(at: now)
            return [.note(.greeting(reason: reason))] + greet()
        default:
            return []
        }
    }

    mutating func greet() -> [WorkerDirective] {
        attempt += 1
        activity = .greeting
        deal = nil
        waiting = nil
        attestation = nil
        var words = hello
        words.attempt = attempt
        words.worker = worker
        let directives = say(.hello(words))
        // Whatever the hands do belongs to no generation any more.
        return hasJoined ? [.interrupt(generation.next)] + directives : directives
    }

    /// Another run's state is worth nothing.
    private mutating func forget() {
        holds = nil
        outcomes = [:]
        reduced = nil
    }
}
