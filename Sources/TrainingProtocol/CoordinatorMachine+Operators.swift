// What operators ask, who are no workers.

extension CoordinatorMachine {
    mutating func asked(
        _ message: Stamped<WorkerMessage>, by connection: ConnectionID
    ) -> [CoordinatorDirective] {
        guard serves(message.run) else {
            return answer(
                false, "the coordinator at this address serves another run", to: connection)
        }
        switch message.body {
        case .drain(let worker): return drain(worker, for: connection)
        case .stop(let reason):
            let text =
                stopReason.map { "the run is stopping already: \($0)" }
                ?? "the run ends after step \(committed.next), saves and can be resumed"
            return answer(true, text, to: connection) + requestStop(reason)
        default: return []
        }
    }

    /// An address may be another run's by now; who names no run means the one that is there.
    public func serves(_ run: RunID) -> Bool { run == options.run || run == RunID(0) }

    private func answer(
        _ accepted: Bool, _ text: String, to connection: ConnectionID
    ) -> [CoordinatorDirective] {
        [.send(stamp(.answer(accepted: accepted, text: text)), to: connection)]
    }

    private mutating func drain(
        _ worker: WorkerID, for connection: ConnectionID
    ) -> [CoordinatorDirective] {
        guard let index = peers.firstIndex(where: { $0.worker == worker }) else {
            let all = peers.map { "\($0.worker) (\($0.hello.host))" }.joined(separator: ", ")
            let text = "there is no worker \(worker); there are \(all.isEmpty ? "none" : all)"
            return answer(false, text, to: connection)
        }
        let host = peers[index].hello.host
        let text = "worker \(worker) (\(host)) leaves at the end of the step"
        return answer(true, text, to: connection) + leaves(index, "drained")
    }
}
