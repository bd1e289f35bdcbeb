import Crypto
import Foundation
import TrainingProtocol
import ZeroMQ

/// Proof, on a connection in the clear, of who sent a chunk and that nobody changed it.
///
/// It is AES-GMAC (NIST SP 800-38D) over the chunk and its envelope, under a key that nobody but the two members has:
/// the X25519 agreement of their CURVE keys, through HKDF-SHA-256 for one run, term, generation and direction. So a chunk of
/// another generation, or of another sender, does not pass; one that is said again is refused by the reduction,
/// which takes every chunk once.
///
/// A frame has the sender's public key (32 bytes), a nonce drawn at random (12), the envelope once more, encrypted, and
/// the tag (16). It belongs to the exchange's thread.
package struct ChunkSeals {
    private struct Purpose: Hashable {
        let sender: CurveKey
        let receiver: CurveKey
        let run: RunID
        let term: Term
        let generation: Generation
    }

    /// A generation has as many keys as members, twice; of older ones none is needed.
    private static let most = 4096

    private let pair: CurveKeyPair
    private let own: Curve25519.KeyAgreement.PrivateKey
    private var keys: [Purpose: SymmetricKey] = [:]

    /// - Throws: Where the secret is none, which of a pair that libzmq drew it is not.
    package init(_ pair: CurveKeyPair) throws {
        self.pair = pair
        own = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: pair.secretKey.bytes)
    }

    /// The frame that goes with a chunk.
    ///
    /// - Throws: `CryptoKitError` where the receiver's key is none.
    package mutating func seal(
        _ chunk: [Message], of run: RunID, at moment: ChunkEnvelope.Moment, for receiver: CurveKey
    ) throws -> Message {
        let key = try key(
            Purpose(
                sender: pair.publicKey, receiver: receiver, run: run, term: moment.term,
                generation: moment.generation), with: receiver)
        let box = try chunk[1].withUnsafeBytes { bulk in
            try AES.GCM.seal(chunk[0].bytes, using: key, authenticating: bulk)
        }
        guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
        return Message(pair.publicKey.bytes + combined)
    }

    /// Who sent a chunk; nil where its seal does not prove it.
    ///
    /// - Parameter isMember: Whether someone may send at all: no work is done for others.
    package mutating func sender(
        of chunk: [Message], _ envelope: ChunkEnvelope, isMember: (String) -> Bool
    ) -> String? {
        guard chunk.count == 3, chunk[2].count > CurveKey.byteCount else { return nil }
        let seal = chunk[2].bytes
        guard let sender = CurveKey(seal.prefix(CurveKey.byteCount)) else { return nil }
        let name = sender.description
        guard isMember(name) else { return nil }
        do {
            let key = try key(
                Purpose(
                    sender: sender, receiver: pair.publicKey, run: envelope.run,
                    term: envelope.moment.term, generation: envelope.moment.generation),
                with: sender)
            let box = try AES.GCM.SealedBox(combined: seal.dropFirst(CurveKey.byteCount))
            let head = try chunk[1].withUnsafeBytes { bulk in
                try AES.GCM.open(box, using: key, authenticating: bulk)
            }
            return head.elementsEqual(chunk[0].bytes) ? name : nil
        } catch {
            // A seal that is not right is none.
            return nil
        }
    }

    private mutating func key(_ purpose: Purpose, with peer: CurveKey) throws -> SymmetricKey {
        if let known = keys[purpose] { return known }
        let publicKey = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: peer.bytes)
        let secret = try own.sharedSecretFromKeyAgreement(with: publicKey)
        let context =
            "lockstep chunk \(purpose.run) \(purpose.term) \(purpose.generation) "
            + "\(purpose.sender) \(purpose.receiver)"
        let key = secret.hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: Data(), sharedInfo: Data(context.utf8), outputByteCount: 32)
        if keys.count >= Self.most { keys = [:] }
        keys[purpose] = key
        return key
    }
}
