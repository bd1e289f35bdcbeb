import Synchronization
public import ZeroMQ

/// A worker's keys towards the other workers: a pair of this process's own, and whom it lets in, which is who is a
/// member of the generation that it takes part in.
///
/// The public key goes with the worker's addresses to the coordinator, which hands it out with each generation,
/// over connections that are encrypted themselves. So a worker that is out of a generation, or never was in one,
/// reaches none of its members.
public final class PeerKeys: Sendable {
    let pair: CurveKeyPair
    private let members: Members
    private let admission: PeerAdmission

    private final class Members: Sendable {
        let names = Mutex<Set<String>>([])
    }

    /// Draws the pair.
    ///
    /// - Parameter context: Of the sockets that listen; it has no other admission.
    public init(context: Context) throws(ZeroMQError) {
        pair = try CurveKeyPair.random()
        let members = Members()
        self.members = members
        admission = try PeerAdmission(context: context) { request in
            // A member may be told of the generation before this worker is: it waits.
            let name = request.key.description
            return members.names.withLock { $0.contains(name) } ? .admit(user: name) : .wait
        }
    }

    /// Lets in who listens at these addresses, and no one else. Connections that stand stay: what comes by them is
    /// checked by `admits`.
    public func admit(_ addresses: [String]) {
        let names = Set(addresses.compactMap { PeerAddress($0).key?.description })
        members.names.withLock { $0 = names }
        admission.reconsider()
    }

    /// Whether a message's sender is let in now.
    public func admits(_ user: String?) -> Bool {
        guard let user else { return false }
        return members.names.withLock { $0.contains(user) }
    }

    /// Of a socket that listens.
    public func server(_ domain: String) -> CurveRole {
        .server(pair, domain: domain, admission: admission)
    }

    /// Of a socket that connects to someone's address.
    ///
    /// - Throws: `ZeroMQError.invalidEndpoint` where the address has no key: nothing is sent in the clear.
    public func client(to address: PeerAddress) throws(ZeroMQError) -> CurveRole {
        guard let key = address.key else {
            throw .invalidEndpoint(endpoint: address.endpoint, reason: "it has no key")
        }
        return .client(pair, server: key)
    }

    /// What proves chunks that are not encrypted.
    func seals() throws(ZeroMQError) -> ChunkSeals {
        do {
            return try ChunkSeals(pair)
        } catch {
            throw .failed(attempt: "use a key pair", code: 22)
        }
    }

    /// An address under which others find this worker's key, too.
    public func keyed(_ address: String) -> String { "\(address) curve=\(pair.publicKey)" }
}

/// Where a worker is reached, and the public key of who listens there, as workers tell it to each other: the key
/// is the last word of the text, where there is one.
public struct PeerAddress: Equatable, Sendable {
    private static let mark = "curve="

    /// Without the key.
    public let endpoint: String
    public let key: CurveKey?

    public init(_ text: String) {
        guard let blank = text.lastIndex(of: " "),
            text[blank...].dropFirst().hasPrefix(Self.mark)
        else {
            endpoint = text
            key = nil
            return
        }
        endpoint = String(text[..<blank])
        key = CurveKey(text: text[blank...].dropFirst(1 + Self.mark.count))
    }
}
