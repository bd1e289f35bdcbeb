import TrainingProtocol
import Wire
import ZeroMQ

extension ControlServer {
    /// Carries out what the machine makes of an event, and of the events that this brings about.
    func handle(
        _ event: CoordinatorEvent, _ machine: inout CoordinatorMachine, _ effects: Effects
    ) -> Outcome? {
        var queue = [event]
        while !queue.isEmpty {
            let directives = machine.on(queue.removeFirst(), now: ContinuousClock.now - start)
            carryingOut: for directive in directives {
                switch directive {
                case .send(let message, let connection):
                    if let failure = send(message, to: connection, effects) {
                        queue.append(failure)
                    }
                case .append(let record):
                    do {
                        try effects.append(record)
                    } catch {
                        let reason = "the journal cannot be written: \(error)"
                        // Where the machine has ended, nobody is left to make anything of it.
                        if machine.hasEnded { return .failed(reason: reason) }
                        queue.append(.journalFailed(reason: reason))
                        break carryingOut
                    }
                case .note(.refused(let host, let reason)):
                    if let text = refusals.note(reason) {
                        effects.note(.refused(host: host, reason: text))
                    }
                case .note(let note):
                    effects.note(note)
                case .end(let outcome):
                    return outcome
                }
            }
        }
        return nil
    }

    /// Tells the operators who asked how the run is.
    func answerInquirers(_ machine: CoordinatorMachine, _ effects: Effects) {
        guard !inquirers.isEmpty else { return }
        let status = effects.status()
        for (connection, run) in inquirers {
            let isServed = machine.serves(run)
            let text = isServed ? status : "the coordinator at this address serves another run"
            let answer = Stamped(
                run: run, term: Term(0), generation: Generation(0), step: Step(0),
                body: CoordinatorMessage.answer(accepted: isServed, text: text))
            _ = send(answer, to: connection, effects)
        }
        inquirers = []
    }

    /// Whether a connection's process is one that the coordinator started.
    func isOwn(_ connection: ConnectionID, _ effects: Effects) -> Bool {
        table.process(of: connection).map(effects.isOwn) ?? false
    }

    /// - Returns: The event of a message that could not be sent.
    private func send(
        _ message: Stamped<CoordinatorMessage>, to connection: ConnectionID, _ effects: Effects
    ) -> CoordinatorEvent? {
        guard let identity = table.identity(of: connection) else { return nil }
        do {
            let frames = [Message(identity), Message(try message.serialized(using: &memberLists))]
            if try router.trySend(frames) { return nil }
            return .disconnected(connection, reason: "it does not read what it is sent")
        } catch ZeroMQError.unroutable {
            // The end of a process that was launched here is reported with its cause, which may lie in the inbox already; and
            // that of an earlier coordinator's is seen from its connection.
            if table.process(of: connection) != nil { return nil }
            return .disconnected(connection, reason: "its connection closed")
        } catch {
            return .disconnected(connection, reason: "\(error)")
        }
    }
}
