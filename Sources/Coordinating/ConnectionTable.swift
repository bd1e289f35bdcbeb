import TrainingProtocol

/// Whom the coordinator's connections belong to: the names by which the socket routes, and the processes of workers that a
/// coordinator started, this or an earlier one, as they say themselves.
struct ConnectionTable {
    private var identities: [ConnectionID: [UInt8]] = [:]
    private var connections: [[UInt8]: ConnectionID] = [:]
    private var processes: [ConnectionID: Int64] = [:]
    private var connectionsOfProcesses: [Int64: ConnectionID] = [:]
    private var next = ConnectionID(1)

    /// The connection of a routing identity; a new number where none is known.
    mutating func connection(of identity: [UInt8]) -> ConnectionID {
        if let known = connections[identity] { return known }
        let connection = next
        next = connection.next
        connections[identity] = connection
        identities[connection] = identity
        return connection
    }

    /// Nil for a connection that is closed.
    func identity(of connection: ConnectionID) -> [UInt8]? { identities[connection] }

    func process(of connection: ConnectionID) -> Int64? { processes[connection] }

    mutating func setProcess(_ process: Int64, of connection: ConnectionID) {
        processes[connection] = process
        connectionsOfProcesses[process] = connection
    }

    func connection(ofProcess process: Int64) -> ConnectionID? { connectionsOfProcesses[process] }

    /// Forgets a process of whose end all has been told.
    mutating func removeProcess(_ process: Int64) {
        guard let connection = connectionsOfProcesses.removeValue(forKey: process) else { return }
        processes[connection] = nil
    }

    /// Forgets a connection that is closed.
    ///
    /// - Parameter keepsProcess: Its process is one of our own whose end is still to be told.
    mutating func remove(_ connection: ConnectionID, keepsProcess: Bool) {
        if let identity = identities.removeValue(forKey: connection) {
            connections[identity] = nil
        }
        guard !keepsProcess, let process = processes.removeValue(forKey: connection) else { return }
        if connectionsOfProcesses[process] == connection { connectionsOfProcesses[process] = nil }
    }
}
