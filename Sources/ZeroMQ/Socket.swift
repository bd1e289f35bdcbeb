import CZeroMQ
import Glibc

/// A libzmq socket. It belongs to the thread that made it: debug builds assert that on every call.
///
/// It closes when it is released; what is still queued then has `SocketOptions.linger` to leave.
public final class Socket {
    public enum Kind: Int32, Sendable {
        case pair = 0
        case dealer = 5
        case router = 6
        case pull = 7
        case push = 8
    }

    public let kind: Kind
    let handle: UnsafeMutableRawPointer
    let context: Context
    /// Answers for the peers of this socket as long as it is open.
    private let admission: PeerAdmission?
    private let owner = pthread_self()

    /// - Throws: `ZeroMQError.failed` if the context has no more sockets or an option is refused,
    ///   `ZeroMQError.contextTerminated` after `Context.shutdown()`.
    public init(
        _ kind: Kind, in context: Context, options: SocketOptions = SocketOptions()
    ) throws(ZeroMQError) {
        guard let handle = zmq_socket(context.handle, kind.rawValue) else {
            throw .last("open a \(kind) socket")
        }
        self.kind = kind
        self.handle = handle
        self.context = context
        if case .server(_, _, let admission) = options.curve {
            self.admission = admission
        } else {
            admission = nil
        }
        try apply(options)
    }

    deinit {
        assertOwner()
        zmq_close(handle)
    }

    func assertOwner() {
        assert(
            pthread_equal(pthread_self(), owner) != 0,
            "a ZeroMQ socket was used by a thread other than the one that made it")
    }
}

extension Socket {
    /// Listens at `endpoint`: `tcp://HOST:PORT`, `ipc://PATH` or `inproc://NAME`, where HOST may be an
    /// interface or `*`, PORT may be `0` or `*`, and PATH may be `*`, each for any free one.
    ///
    /// - Returns: the endpoint as bound, with the real port or path.
    /// - Throws: `ZeroMQError.addressInUse`, `.addressUnavailable`, `.invalidEndpoint`.
    @discardableResult
    public func bind(_ endpoint: String) throws(ZeroMQError) -> String {
        assertOwner()
        guard zmq_bind(handle, endpoint) == 0 else { throw .lastOfEndpoint(endpoint, "bind") }
        return try lastEndpoint()
    }

    /// Connects to an endpoint that a peer has named: a place in the network, or a name without a file that only programs
    /// of this project listen at. A peer names no path of this machine.
    ///
    /// - Throws: `ZeroMQError.invalidEndpoint`.
    public func connect(toPeerAt endpoint: String) throws(ZeroMQError) {
        let allowed = ["tcp://", "inproc://", "ipc://@lockstep-"]
        guard allowed.contains(where: endpoint.hasPrefix), !endpoint.utf8.contains(0) else {
            throw .invalidEndpoint(endpoint: endpoint, reason: "not a place for a peer to name")
        }
        try connect(endpoint)
    }

    /// Connects to `endpoint`, in the background: a peer that is not there yet is tried again.
    ///
    /// - Throws: `ZeroMQError.invalidEndpoint`.
    public func connect(_ endpoint: String) throws(ZeroMQError) {
        assertOwner()
        guard zmq_connect(handle, endpoint) == 0 else { throw .lastOfEndpoint(endpoint, "connect") }
    }
}
