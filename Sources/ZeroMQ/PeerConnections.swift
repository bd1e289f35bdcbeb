/// Tells which peer of a router has lost its connection.
///
/// libzmq reports a closed connection by descriptor, and tells the descriptor by which a message came.
/// The system gives a descriptor to the next connection once it is closed, so the order matters: a
/// closing is queued at the monitor before the descriptor is free, thus before any message of the next
/// connection is received. `note` therefore reads all closings after taking a message and before
/// it notes whose it is.
///
/// It also keeps the socket's `ConnectionLimit`.
public struct PeerConnections<Peer: Hashable> {
    private let monitor: SocketMonitor
    private var peers: [Int32: Peer] = [:]
    private var lost: [Peer] = []
    private var limit: ConnectionLimit

    public init(_ monitor: SocketMonitor, limit: ConnectionLimit = ConnectionLimit()) {
        self.monitor = monitor
        self.limit = limit
    }

    /// Notes that `message`, just received, came from `peer`.
    public mutating func note(_ message: Message, from peer: Peer) throws(ZeroMQError) {
        try readClosings()
        guard let descriptor = message.sourceDescriptor else { return }
        peers[descriptor] = peer
    }

    /// Peers whose connection has closed since the last call, in the order of the closings. A peer
    /// that has come back by another connection meanwhile is not among them.
    public mutating func takeLost() throws(ZeroMQError) -> [Peer] {
        try readClosings()
        defer { lost = [] }
        return lost
    }

    private mutating func readClosings() throws(ZeroMQError) {
        while let event = try monitor.next() {
            limit.note(event)
            guard event.kind == .disconnected, let descriptor = event.descriptor,
                let peer = peers.removeValue(forKey: descriptor),
                !peers.values.contains(peer)
            else { continue }
            lost.append(peer)
        }
    }
}
