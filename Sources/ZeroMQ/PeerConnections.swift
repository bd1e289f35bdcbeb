import Glibc

/// A peer that connected and did not get to send anything.
public struct Stranger: Equatable, Sendable {
    /// As `10.0.0.3`; nil where its connection closed too soon to tell.
    public let address: String?
    public let failure: SocketMonitor.HandshakeFailure

    /// So many are remembered until they are taken: a flood of them fills no memory.
    static let remembered = 64
}

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
    /// Descriptors of connections that have closed, and of none since. What is not in it need not have been told of as
    /// accepted: with several I/O threads a message may come before that word.
    private var closed: Set<Int32> = []
    private var limit: ConnectionLimit
    /// Where connections come from that have not sent anything, by descriptor.
    private var addresses: [Int32: String] = [:]
    private var failure: SocketMonitor.HandshakeFailure?
    private var strangers: [Stranger] = []

    public init(_ monitor: SocketMonitor, limit: ConnectionLimit = ConnectionLimit()) {
        self.monitor = monitor
        self.limit = limit
    }

    /// Notes that a message, just received, came from `peer`.
    ///
    /// - Parameter frames: As the router gave them: the identity in front does not always tell of the connection.
    public mutating func note(_ frames: [Message], from peer: Peer) throws(ZeroMQError) {
        try readClosings()
        guard let descriptor = frames.last?.sourceDescriptor else { return }
        guard !closed.contains(descriptor) else {
            // What it had said is received after its connection has closed, too.
            if !peers.values.contains(peer), !lost.contains(peer) { lost.append(peer) }
            return
        }
        peers[descriptor] = peer
        addresses[descriptor] = nil
    }

    /// Peers that did not come to speak since the last call, unless `PeerAdmission` refused them, which
    /// knows of it.
    public mutating func takeStrangers() throws(ZeroMQError) -> [Stranger] {
        try readClosings()
        defer { strangers = [] }
        return strangers
    }

    /// Whether one of those who sent something is connected for which `condition` holds.
    public func contains(where condition: (Peer) -> Bool) -> Bool {
        peers.values.contains(where: condition)
    }

    /// Peers whose connection has closed since the last call, in the order of the closings. A peer
    /// that had been heard by another connection before is not among them.
    public mutating func takeLost() throws(ZeroMQError) -> [Peer] {
        try readClosings()
        defer { lost = [] }
        return lost
    }

    private mutating func readClosings() throws(ZeroMQError) {
        while let event = try monitor.next() {
            limit.note(event)
            switch event.kind {
            case .accepted:
                guard let descriptor = event.descriptor else { continue }
                closed.remove(descriptor)
                addresses[descriptor] = Self.address(ofPeerAt: descriptor)
            case .handshakeFailed:
                // The I/O thread closes a failed connection before it turns to another.
                failure = event.failure
            case .disconnected:
                guard let descriptor = event.descriptor else { continue }
                closed.insert(descriptor)
                let address = addresses.removeValue(forKey: descriptor)
                if let failure { note(Stranger(address: address, failure: failure)) }
                failure = nil
                guard let peer = peers.removeValue(forKey: descriptor),
                    !peers.values.contains(peer)
                else { continue }
                lost.append(peer)
            case .connected, .handshakeSucceeded, .connectRetried:
                continue
            }
        }
    }

    private mutating func note(_ stranger: Stranger) {
        guard stranger.failure != .refused, strangers.count < Stranger.remembered else { return }
        strangers.append(stranger)
    }

    private static func address(ofPeerAt descriptor: Int32) -> String? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let found = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &length) == 0
                    && getnameinfo(
                        address, length, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        guard found else { return nil }
        return String(
            decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
