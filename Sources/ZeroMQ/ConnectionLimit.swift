import Glibc

/// Cuts off the connections of a bound socket that are more than it may have, so that a flood of them takes no
/// descriptors from those that are there, nor from the process's files.
///
/// libzmq accepts whoever comes, and has no such limit. It names a connection's descriptor when it has accepted it; ended
/// for both ways, the connection is closed by libzmq itself. Who keeps the limit must read the monitor as events come.
public struct ConnectionLimit {
    /// A quarter of the descriptors that this process may have: two sockets may have all of theirs, and half is left.
    public static var standard: Int { max(64, OpenFiles.limit / 4) }

    private let most: Int
    private var open: Set<Int32> = []
    /// Connections that were cut off.
    public private(set) var refused = 0

    public init(_ most: Int = ConnectionLimit.standard) { self.most = most }

    /// Takes in what the monitor of the socket tells, and cuts off a connection that is one too many.
    public mutating func note(_ event: SocketMonitor.Event) {
        guard let descriptor = event.descriptor else { return }
        switch event.kind {
        case .disconnected: open.remove(descriptor)
        case .accepted:
            open.insert(descriptor)
            guard open.count > most else { return }
            refused += 1
            // Should it be gone already, this hits no more than another newcomer, which connects again.
            shutdown(descriptor, Int32(SHUT_RDWR))
        default: break
        }
    }

    /// Takes in everything that waits.
    public mutating func note(all monitor: SocketMonitor) throws(ZeroMQError) {
        while let event = try monitor.next() { note(event) }
    }
}
