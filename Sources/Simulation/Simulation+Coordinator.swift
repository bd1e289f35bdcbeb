import TrainingProtocol

// The coordinator's lives, and what its machine has done.

extension Simulation {
    func startCoordinator() {
        coordinatorLives += 1
        let options = disk.options(plan, run: run)
        let opened = JournalRecord.opened(
            term: options.term, run: run, state: options.start, dataset: Digest(high: 0, low: 0))
        guard disk.append(opened) else {
            // An operator looks again later.
            queue.add(.startCoordinator, at: now + .seconds(2))
            return
        }
        if options.start >= plan.schedule.lastStep {
            outcome = .completed(options.start)
            return
        }
        var started = SimulatedCoordinator(
            life: coordinatorLives, machine: CoordinatorMachine(options))
        if let newest = disk.states.last { started.newest = newest }
        coordinator = started
        tell("coordinator starts, term \(options.term) at step \(options.start)")
        queue.add(.coordinatorTick(life: coordinatorLives), at: now + .milliseconds(10))
    }

    func deliver(_ event: CoordinatorEvent) {
        guard var current = coordinator else { return }
        var events = [event]
        while !events.isEmpty {
            let next = events.removeFirst()
            if !next.isRoutine { tell("coordinator <- \(next)") }
            let directives = current.machine.on(next, now: now + current.clock)
            coordinator = current
            carryingOut: for directive in directives {
                switch directive {
                case .send(let message, let connection):
                    send(message, to: current.connections[Int(connection.rawValue)])
                case .append(let record):
                    check(record)
                    if plan.tornAppends > 0, !isCalm, random.once(in: plan.tornAppends) {
                        // Killed in the middle: the record is durable, or torn off; what follows is not done.
                        if random.once(in: 2) { _ = disk.append(record) }
                        crashCoordinator("killed while it appended \(record)")
                        return
                    }
                    guard disk.append(record) else {
                        tell("the journal takes no record: the disk is \(disk.condition)")
                        if current.machine.hasEnded { return end(.failed(reason: "journal")) }
                        events.append(.journalFailed(reason: "the journal cannot be written"))
                        statistics[.failedWrites] += 1
                        break carryingOut
                    }
                    tell("journal: \(record)")
                case .note(let note): count(note)
                case .end(let outcome): return end(outcome)
                }
            }
        }
    }

    private func count(_ note: CoordinatorNote) {
        tell("note: \(note)")
        switch note {
        case .committed: statistics[.commits] += 1
        case .began: statistics[.generations] += 1
        case .aborted: statistics[.aborts] += 1
        case .rewound: statistics[.rewinds] += 1
        case .lost: statistics[.losses] += 1
        default: break
        }
    }

    private func end(_ outcome: Outcome) {
        tell("coordinator ends: \(outcome)")
        coordinator = nil
        switch outcome {
        case .completed: self.outcome = outcome
        case .stopped: queue.add(.startCoordinator, at: now + .seconds(1))
        case .failed(let reason):
            let isDisk = reason.contains("journal") || reason.contains("could not be saved")
            if !isDisk { violate("the run failed: \(reason)") }
            queue.add(.startCoordinator, at: now + .seconds(2))
        }
    }

    func write(_ life: Int, _ step: Step, _ state: UInt64) {
        guard coordinator?.life == life else { return }
        guard disk.save(state, of: step) else {
            deliver(.stateSaveFailed(step, reason: "the disk is \(disk.condition)"))
            return
        }
        if state != truth.states[Int(step.rawValue)] {
            violate("the state that was saved for step \(step) is not the undisturbed one")
        }
        if coordinator?.newest.map({ $0.step < step }) ?? true {
            coordinator?.newest = (step, state)
        }
        deliver(.stateSaved(step))
    }
}
