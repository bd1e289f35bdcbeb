import TrainingProtocol

/// A coordinator process: the real machine, and what dies with it.
struct SimulatedCoordinator {
    let life: Int
    var machine: CoordinatorMachine
    var pausedUntil = Duration.zero
    var clock = Duration.zero
    /// The newest saved state, which it hands out.
    var newest: (step: Step, state: UInt64)?
    /// Connections by their number; each belongs to a life of a worker.
    var connections: [Peer] = []

    struct Peer: Equatable {
        let worker: Int
        let life: Int
        let connection: Int
    }

    /// The number of a connection, a new one where it has none.
    mutating func number(of peer: Peer) -> ConnectionID {
        if let index = connections.firstIndex(of: peer) { return ConnectionID(UInt64(index)) }
        connections.append(peer)
        return ConnectionID(UInt64(connections.count - 1))
    }
}
