import CZeroMQ

/// One half of a key pair of CURVE, libzmq's encryption (ZeroMQ RFC 26): 32 bytes, as text 40
/// characters of Z85 (RFC 32), which hold no blanks and no quotes.
public struct CurveKey: Hashable, Sendable, CustomStringConvertible {
    public static let byteCount = 32
    private static let textCount = 40

    public let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// Nil unless the text is a key in Z85.
    public init?(text: some StringProtocol) {
        // Five characters are a number below 2^32 to the base 85; libzmq looks them up unchecked.
        let isPlain = text.utf8.allSatisfy { (33...126).contains($0) }
        guard text.utf8.count == Self.textCount, isPlain else { return nil }
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        guard zmq_z85_decode(&bytes, String(text)) != nil else { return nil }
        self.bytes = bytes
    }

    public var description: String {
        var text = [CChar](repeating: 0, count: Self.textCount + 1)
        // Fails only for lengths that are no multiple of four.
        zmq_z85_encode(&text, bytes, bytes.count)
        return String(
            decoding: text.prefix(Self.textCount).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// A public key, which may be told to everyone, and the secret that belongs to it.
public struct CurveKeyPair: Equatable, Sendable {
    public let publicKey: CurveKey
    public let secretKey: CurveKey

    /// A new pair from the system's random source.
    ///
    /// - Throws: `ZeroMQError.failed` where libzmq was built without CURVE.
    public static func random() throws(ZeroMQError) -> CurveKeyPair {
        var open = [CChar](repeating: 0, count: 41)
        var secret = [CChar](repeating: 0, count: 41)
        guard zmq_curve_keypair(&open, &secret) == 0,
            let publicKey = key(open), let secretKey = key(secret)
        else { throw .last("make a key pair (was libzmq built with CURVE?)") }
        return CurveKeyPair(publicKey: publicKey, secretKey: secretKey)
    }

    /// The pair of a secret.
    ///
    /// - Throws: `ZeroMQError.failed` where libzmq was built without CURVE.
    public init(secretKey: CurveKey) throws(ZeroMQError) {
        var open = [CChar](repeating: 0, count: 41)
        guard zmq_curve_public(&open, secretKey.description) == 0, let publicKey = Self.key(open)
        else { throw .last("derive a public key (was libzmq built with CURVE?)") }
        self.init(publicKey: publicKey, secretKey: secretKey)
    }

    private init(publicKey: CurveKey, secretKey: CurveKey) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    private static func key(_ text: [CChar]) -> CurveKey? {
        CurveKey(
            text: String(
                decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}

/// How a socket encrypts, and proves who it is. A socket without a role speaks in the clear, and
/// with its like only: neither side's messages flow before both have agreed.
public enum CurveRole: Sendable {
    /// Peers must know the public key of `keys`; `admission` decides about the peer's own, for
    /// `domain`, which names the socket's purpose.
    case server(CurveKeyPair, domain: String, admission: PeerAdmission)
    /// Only who has the secret of `server` is believed to be the peer; `keys` are shown to it.
    case client(CurveKeyPair, server: CurveKey)
}
