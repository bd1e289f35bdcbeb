public import ZeroMQ

/// What lets a worker into a run: the coordinator's public key, by which the worker knows it, and a key pair
/// that the coordinator lets in once, to enrol a key of the worker's own.
public struct JoinToken: Equatable, Sendable {
    private static let kind = "lockstep-token"

    public let name: String
    public let coordinator: CurveKey
    public let pair: CurveKeyPair
    /// Where the coordinator listens, as `tcp://head:5555`, where that was known.
    public let address: String?
    /// When it ends, and how often it is good, for people.
    public let note: String

    public init(
        name: String, coordinator: CurveKey, pair: CurveKeyPair, address: String?, note: String
    ) {
        self.name = name
        self.coordinator = coordinator
        self.pair = pair
        self.address = address
        self.note = note
    }

    /// - Throws: `AccessError` where the file is no token.
    public init(contentsOf path: String) throws(AccessError) {
        try self.init(SecretFile(kind: Self.kind, contentsOf: path), path: path)
    }

    /// - Parameters:
    ///   - text: What such a file holds.
    ///   - source: Named in errors.
    /// - Throws: `AccessError` where the text is no token.
    public init(text: String, source: String) throws(AccessError) {
        try self.init(SecretFile(kind: Self.kind, text: text, path: source), path: source)
    }

    private init(_ file: SecretFile, path: String) throws(AccessError) {
        guard let coordinator = CurveKey(text: try file.key("coordinator", path: path)) else {
            throw .malformed(path: path, problem: "has no coordinator's key of 40 characters")
        }
        self.init(
            name: try file.key("name", path: path), coordinator: coordinator,
            pair: try file.pair(path: path), address: file["address"], note: "")
    }

    private var file: SecretFile {
        var file = SecretFile(kind: Self.kind)
        file.comments = [
            "A Lockstep join token; \(note). Keep it secret until it is used:",
            "worker join \(address ?? "tcp://HEAD:PORT") --token THIS-FILE",
        ]
        file.fields = [
            ("name", name), ("coordinator", coordinator.description),
            ("secret", pair.secretKey.description),
        ]
        if let address { file.fields.append(("address", address)) }
        return file
    }

    public var text: String { file.text }

    /// Writes it for the owner alone.
    ///
    /// - Throws: `AccessError.exists` where something is there.
    public func write(to path: String) throws(AccessError) { try file.write(to: path) }
}
