import Logging
import TrainingProtocol
import Wire
import ZeroMQ

extension ControlServer {
    /// Messages that are read before the machine has its turn: a flood must not keep it from the time.
    private static let messagesATurn = 1024

    /// Reads what has come. What is no message of a worker that may send it goes no further.
    func receive(into events: inout [CoordinatorEvent]) throws(ZeroMQError) {
        for _ in 0..<Self.messagesATurn {
            guard let frames = try router.tryReceive() else { return }
            guard frames.count == 2 else {
                dropped("it has \(frames.count - 1) frames and not one")
                continue
            }
            let connection = table.connection(of: frames[0].bytes)
            try connections.note(frames, from: connection)
            guard try isAdmitted(frames, from: connection), let message = parsed(frames),
                try isReachable(message.body, frames)
            else { continue }
            if case .inquire = message.body {
                inquirers.append((connection, message.run))
                continue
            }
            if case .hello(let hello) = message.body, !hello.launchToken.isEmpty {
                table.setProcess(hello.process, of: connection)
            }
            events.append(.received(message, from: connection))
        }
    }

    /// Nil for what is no message, or none that its sender may send.
    private func parsed(_ frames: [Message]) -> Stamped<WorkerMessage>? {
        do throws(WireError) {
            let message = try Stamped<WorkerMessage>(serialized: frames[1].bytes)
            if isFitting(message.body, frames) { return message }
            dropped("its sender may not send it")
        } catch {
            dropped("\(error)")
        }
        return nil
    }

    private func dropped(_ reason: String) {
        if let text = drops.note(reason) { logger.warning("dropped a control message: \(text)") }
    }
}
