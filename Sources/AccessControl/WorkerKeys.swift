import Glibc
public import ZeroMQ

/// A worker's own key pair, kept beside its token, so that a worker that is started again needs no other.
public struct WorkerKeys: Sendable {
    private static let kind = "lockstep-worker-key"

    public let coordinator: CurveKey
    public let pair: CurveKeyPair
    /// Whether the coordinator is known to have taken up the public key.
    public private(set) var isEnrolled: Bool
    /// Whether the pair was drawn just now.
    public let isNew: Bool
    /// Nil where the pair is in this process's memory alone.
    public let path: String?

    /// The keys that belong to a token: those beside its file, or else new ones, which are durable before anyone
    /// is told of them.
    ///
    /// - Parameter path: Of the token's file; nil where it has none, and new keys stay in memory.
    public init(for token: JoinToken, at path: String?) throws {
        let own = path.map { $0 + ".key" }
        coordinator = token.coordinator
        if let own, access(own, F_OK) == 0 {
            let file = try SecretFile(kind: Self.kind, contentsOf: own)
            if file["coordinator"] == token.coordinator.description {
                pair = try file.pair(path: own)
                isEnrolled = file["state"] == "enrolled"
                isNew = false
                self.path = own
                return
            }
        }
        pair = try CurveKeyPair.random()
        isEnrolled = false
        isNew = true
        // A token may lie where nothing can be written, as in a container's secret.
        let isWritable = path.map { access(Self.directory(of: $0), W_OK) == 0 } ?? false
        self.path = isWritable ? own : nil
        try save()
    }

    /// Notes that the coordinator has taken up the public key.
    public mutating func enrolled() throws(AccessError) {
        isEnrolled = true
        try save()
    }

    private func save() throws(AccessError) {
        guard let path else { return }
        var file = SecretFile(kind: Self.kind)
        file.comments = [
            "A Lockstep worker's own key pair. Keep it secret; it goes with its token."
        ]
        file.fields = [
            ("state", isEnrolled ? "enrolled" : "new"), ("coordinator", coordinator.description),
            ("public", pair.publicKey.description), ("secret", pair.secretKey.description),
        ]
        try file.write(to: path, replaces: true)
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
