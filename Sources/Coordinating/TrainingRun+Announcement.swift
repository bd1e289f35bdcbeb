import Configuration
import TrainingProtocol

// What people are told before the first step.

extension TrainingRun {
    /// Whether the workers of an earlier coordinator find this one, or there was none.
    var isWhereItWas: Bool { earlierAddress.map { $0 == control.endpoint } ?? true }

    /// Tells how the run was found.
    func announceOpening() {
        if let resumption { reporter.say(resumption.text) }
        for note in opening.notes { reporter.say(note) }
        if let before = earlierAddress, before != control.endpoint {
            reporter.say(
                "the coordinator was at \(before) before: workers that look for it there do not find it; "
                    + "join them again, at its address now")
        }
    }

    /// Tells where it listens, and whom it waits for.
    func announce() {
        reporter.say("run \(options.directory): coordinator at \(control.endpoint)")
        if security != nil, configuration.transport.cleartextGradients {
            reporter.say(
                "gradients go over the network unencrypted, with proof of who sent them "
                    + "(transport.cleartext_gradients)")
        }
        let idle = options.workers - schedule.slots
        if idle > 0 {
            reporter.say(
                "\(options.workers) workers, and a step has \(schedule.slots) slots (train.slots): "
                    + "\(idle) of them will idle")
        }
        let awaited = options.workers - options.localWorkers
        if awaited > 0 { announceWaiting(for: awaited) }
    }

    private func announceWaiting(for workers: Int) {
        // Those that this coordinator's predecessor left look for it at its address.
        let before =
            isWhereItWas && opening.history.lastTerm > Term(0)
            ? "; workers of before come by themselves, others with:" : " to join:"
        reporter.say(
            "waiting for \(workers) more\(before) worker join \(control.endpoint)"
                + "\(security == nil ? "" : " --token FILE") --threads N")
        if security != nil {
            reporter.say(
                "a token for each: coordinator token --run \(options.directory) --out FILE")
        }
    }
}
