import CZeroMQ
import Glibc

/// What went wrong in a call of libzmq or of the system, and what was attempted.
public enum ZeroMQError: Error, Equatable, CustomStringConvertible {
    /// `bind` found another socket at the address.
    case addressInUse(endpoint: String)
    /// `bind` named an address that no interface of this machine has.
    case addressUnavailable(endpoint: String)
    /// The endpoint is not written as libzmq wants it, or its transport is unknown.
    case invalidEndpoint(endpoint: String, reason: String)
    /// A mandatory router knows no peer with this routing identity.
    case unroutable(peer: [UInt8])
    /// Nothing more fits the queue of the peer, or a connection broke while a message was handed over.
    case wouldBlock(attempt: String)
    /// The context was shut down while the call ran, or before.
    case contextTerminated(attempt: String)
    /// Any other failure.
    case failed(attempt: String, code: Int32)

    /// The error that libzmq left for the calling thread.
    static func last(_ attempt: @autoclosure () -> String) -> ZeroMQError {
        of(code: zmq_errno(), attempt())
    }

    static func of(code: Int32, _ attempt: @autoclosure () -> String) -> ZeroMQError {
        switch code {
        case ETERM: .contextTerminated(attempt: attempt())
        case EAGAIN: .wouldBlock(attempt: attempt())
        default: .failed(attempt: attempt(), code: code)
        }
    }

    /// The error of `bind` or `connect`, which depends on the endpoint more than on the call.
    static func lastOfEndpoint(_ endpoint: String, _ verb: String) -> ZeroMQError {
        switch zmq_errno() {
        case EADDRINUSE: .addressInUse(endpoint: endpoint)
        case EADDRNOTAVAIL, ENODEV: .addressUnavailable(endpoint: endpoint)
        case EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO, ENAMETOOLONG:
            .invalidEndpoint(endpoint: endpoint, reason: text(zmq_errno()))
        default: last("\(verb) \(endpoint)")
        }
    }

    private static func text(_ code: Int32) -> String {
        zmq_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }

    public var description: String {
        switch self {
        case .addressInUse(let endpoint):
            return "cannot bind \(endpoint): it is in use by another process; "
                + "stop that process, choose another port, or use port 0 for any free one"
        case .addressUnavailable(let endpoint):
            return "cannot bind \(endpoint): no interface of this machine has that address; "
                + "use one that `ip address` shows, or * for all"
        case .invalidEndpoint(let endpoint, let reason):
            return "\(endpoint) is not an endpoint (\(reason)); "
                + "write tcp://HOST:PORT, ipc://PATH or inproc://NAME"
        case .unroutable(let peer):
            return "no connected peer has the routing identity \(hexadecimal(peer)); "
                + "it has left or never came"
        case .wouldBlock(let attempt):
            return "cannot \(attempt) now: the queue is full or the connection broke"
        case .contextTerminated(let attempt):
            return "cannot \(attempt): the ZeroMQ context was shut down"
        case .failed(let attempt, let code):
            let remedy = code == EMFILE ? "; raise the hard limit of open files (ulimit -Hn)" : ""
            return "cannot \(attempt): \(Self.text(code)) (errno \(code))\(remedy)"
        }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { (($0 < 16) ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
