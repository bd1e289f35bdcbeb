import TrainingProtocol
import ZeroMQ

/// Why a vector was not reduced.
public enum ExchangeError: Error, Equatable, CustomStringConvertible {
    /// The generation was aborted, here or before the call.
    case aborted(Generation)
    /// A chunk's bytes are not those that its sender hashed.
    case corrupted(peer: Rank, step: Step, chunk: Int)
    /// A member sent what no member of this generation sends.
    case violation(peer: Rank, step: Step, reason: String)
    /// The connection to a member closed in the middle of a reduction.
    case connectionLost(peer: Rank, address: String)
    /// No connection to a member came to stand.
    case unreachable(peer: Rank, address: String)
    /// The members of a generation do not hold every slot once.
    case incomplete(Generation)
    /// `reduce` came before `configure`.
    case notConfigured
    /// The exchange was closed.
    case closed
    case transport(ZeroMQError)

    /// The member whose connection broke, never stood, or brought nonsense.
    public var peer: Rank? {
        switch self {
        case .corrupted(let peer, _, _), .violation(let peer, _, _), .connectionLost(let peer, _),
            .unreachable(let peer, _):
            peer
        case .aborted, .incomplete, .notConfigured, .closed, .transport: nil
        }
    }

    public var description: String {
        switch self {
        case .aborted(let generation):
            "the reduction was aborted with generation \(generation)"
        case .corrupted(let peer, let step, let chunk):
            "chunk \(chunk) of step \(step) from rank \(peer) arrived damaged (its checksum differs); "
                + "if it happens again, test memory and network of both machines"
        case .violation(let peer, let step, let reason):
            "rank \(peer) broke the exchange of step \(step): \(reason)"
        case .connectionLost(let peer, let address):
            "the connection to rank \(peer) at \(address) closed in the middle of a reduction"
        case .unreachable(let peer, let address):
            "rank \(peer) cannot be reached at \(address); "
                + "every worker must be able to connect to every other's advertised address"
        case .incomplete(let generation):
            "the members of generation \(generation) do not hold every slot once"
        case .notConfigured:
            "nothing can be reduced before the members are known"
        case .closed:
            "the gradient exchange was closed"
        case .transport(let error):
            "the gradient exchange failed: \(error)"
        }
    }
}

extension ExchangeError {
    /// Runs calls of sockets; what they throw becomes `.transport`.
    static func wrapping<Value>(
        _ calls: () throws(ZeroMQError) -> Value
    ) throws(ExchangeError) -> Value {
        do {
            return try calls()
        } catch {
            throw .transport(error)
        }
    }
}
