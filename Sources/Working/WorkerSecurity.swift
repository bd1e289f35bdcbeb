import Collectives
import ZeroMQ

/// How a worker encrypts what it says to the coordinator and to other workers.
struct WorkerSecurity: Sendable {
    let coordinator: CurveRole
    let peers: PeerKeys

    /// How to get a state from one that offers it.
    ///
    /// - Parameter isCoordinator: Else it is another worker, whose address has its key.
    func role(ofDonor address: PeerAddress, isCoordinator: Bool) throws(ZeroMQError) -> CurveRole {
        isCoordinator ? coordinator : try peers.client(to: address)
    }
}
