import TrainingProtocol

// What comes again and again, and tells people nothing.

extension CoordinatorEvent {
    var isRoutine: Bool {
        switch self {
        case .tick: true
        case .received(let message, _):
            if case .heartbeat = message.body { true } else { false }
        default: false
        }
    }
}

extension WorkerEvent {
    var isRoutine: Bool {
        switch self {
        case .tick, .awaiting: true
        case .received(let message): message.body == .alive
        default: false
        }
    }
}
