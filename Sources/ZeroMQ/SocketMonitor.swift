import CZeroMQ
import Glibc
import Synchronization

/// Hears of the connections of one socket: made, refused, closed.
///
/// libzmq names a connection by its descriptor and endpoint, not by the routing identity of the peer.
/// To learn whose connection closed, keep a table from `Message.sourceDescriptor` to the peer:
/// `PeerConnections` does that.
public final class SocketMonitor {
    public struct Event: Sendable, Equatable {
        public enum Kind: Sendable, Equatable {
            /// A connection that `connect` asked for stands.
            case connected
            /// A peer connected to a bound endpoint.
            case accepted
            /// Both sides have agreed on protocol and security; messages flow.
            case handshakeSucceeded
            /// The peer was no ZeroMQ peer, or one of the two did not like the other's keys.
            case handshakeFailed
            /// A connection that stood is gone: the peer closed it, died, or was too silent.
            case disconnected
            /// A connection is tried again after a pause.
            case connectRetried
        }
        public let kind: Kind
        /// The local endpoint of an accepted connection, the remote one of a connected one.
        public let endpoint: String
        /// The descriptor of the connection, for `connected`, `accepted` and `disconnected`.
        public let descriptor: Int32?
        /// Why it failed, for `handshakeFailed`.
        public let failure: HandshakeFailure?
    }

    /// Why two sockets did not come to speak.
    public enum HandshakeFailure: Sendable, Equatable {
        /// The peer closed the connection, or was silent, before both had agreed. So it is where a peer
        /// encrypts and this socket does not, and where this socket expects another key than the peer has.
        case abandoned
        /// One of them encrypts and the other does not.
        case mechanism
        /// What the peer sent does not fit the key that it should have.
        case key
        /// The peer's admission refuses this socket's key, or this socket's the peer's.
        case refused
        /// The peer speaks another language.
        case foreign
    }

    private static let kinds: [(code: Int32, kind: Event.Kind)] = [
        (ZMQ_EVENT_CONNECTED, .connected),
        (ZMQ_EVENT_ACCEPTED, .accepted),
        (ZMQ_EVENT_HANDSHAKE_SUCCEEDED, .handshakeSucceeded),
        (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, .handshakeFailed),
        (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, .handshakeFailed),
        (ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, .handshakeFailed),
        (ZMQ_EVENT_DISCONNECTED, .disconnected),
        (ZMQ_EVENT_CONNECT_RETRIED, .connectRetried),
    ]

    /// Names must differ within a process: inproc endpoints are shared by all sockets of a context.
    private static let sequence = Atomic<UInt64>(0)

    /// Readable when events wait; add it to the poller of the thread that owns the monitored socket.
    public let events: Socket
    private let monitored: Socket

    /// Starts to listen. Make it before `bind` and `connect`, or what happens between is missed.
    public init(_ socket: Socket) throws(ZeroMQError) {
        let number = Self.sequence.add(1, ordering: .relaxed).newValue
        let endpoint = "inproc://lockstep.monitor.\(number)"
        let mask = Self.kinds.reduce(0) { $0 | $1.code }
        guard zmq_socket_monitor(socket.handle, endpoint, mask) == 0 else {
            throw .last("monitor a \(socket.kind) socket")
        }
        monitored = socket
        // Unlimited: libzmq drops events that do not fit, and a lost disconnection is never repeated.
        var options = SocketOptions()
        options.receiveHighWaterMark = 0
        events = try Socket(.pair, in: socket.context, options: options)
        try events.connect(endpoint)
    }

    deinit {
        zmq_socket_monitor(monitored.handle, nil, 0)
    }

    /// The oldest event that waits, or nil.
    public func next() throws(ZeroMQError) -> Event? {
        while let frames = try events.tryReceive() {
            if let event = Self.decode(frames) { return event }
        }
        return nil
    }

    /// First frame: 16 bits of event and 32 of value in the machine's byte order; second: endpoint.
    private static func decode(_ frames: [Message]) -> Event? {
        guard frames.count == 2, frames[0].count == 6 else { return nil }
        let (code, value) = frames[0].withUnsafeBytes {
            (
                Int32($0.loadUnaligned(as: UInt16.self)),
                $0.loadUnaligned(fromByteOffset: 2, as: Int32.self)
            )
        }
        guard let kind = kinds.first(where: { $0.code == code })?.kind else { return nil }
        let failure: HandshakeFailure? =
            switch (code, value) {
            case (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, _): .abandoned
            case (ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, _): .refused
            case (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH):
                .mechanism
            case (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC): .key
            case (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, _): .foreign
            default: nil
            }
        let named = kind == .connected || kind == .accepted || kind == .disconnected
        return Event(
            kind: kind, endpoint: frames[1].text ?? "", descriptor: named ? value : nil,
            failure: failure)
    }
}
