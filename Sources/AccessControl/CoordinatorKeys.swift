import Glibc
public import ZeroMQ

/// A coordinator's long-term key pair and the directory that holds it:
///
///     coordinator.key    the pair, for the owner alone
///     access.jsonl       tokens, enrolled workers, revocations: `AccessList`
///     local-N.token      of workers that the coordinator starts itself, each with its `.key`
public struct CoordinatorKeys: Sendable {
    private static let kind = "lockstep-coordinator-key"
    private static let fileName = "coordinator.key"

    public let directory: String
    public let pair: CurveKeyPair

    /// Whether a directory holds keys.
    public static func exist(at directory: String) -> Bool {
        access("\(directory)/\(fileName)", F_OK) == 0
    }

    /// Makes a pair, and the directory where there is none, for the owner alone.
    ///
    /// - Throws: `AccessError.exists` where there are keys: they stay as they are.
    public static func make(in directory: String) throws -> CoordinatorKeys {
        try makeDirectory(directory)
        let pair = try CurveKeyPair.random()
        var file = SecretFile(kind: kind)
        file.comments = [
            "The key pair of a Lockstep coordinator. Keep it: whoever reads it can pose as the coordinator."
        ]
        file.fields = [
            ("public", pair.publicKey.description), ("secret", pair.secretKey.description),
        ]
        try file.write(
            to: "\(directory)/\(fileName)",
            remedy: "use these keys, or name another directory; every token is for one pair of keys"
        )
        return CoordinatorKeys(directory: directory, pair: pair)
    }

    /// - Throws: `AccessError`: there are none, they are damaged, or others can read them.
    public init(directory: String) throws(AccessError) {
        let path = "\(directory)/\(Self.fileName)"
        guard Self.exist(at: directory) else { throw .noKeys(directory: directory) }
        guard !SecretFile.isExposed(path) else { throw .exposed(path: path) }
        let file = try SecretFile(kind: Self.kind, contentsOf: path)
        self.init(directory: directory, pair: try file.pair(path: path))
    }

    private init(directory: String, pair: CurveKeyPair) {
        self.directory = directory
        self.pair = pair
    }

    private static func makeDirectory(_ path: String) throws(AccessError) {
        var parent = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            parent += parent.isEmpty && part.isEmpty ? "/" : part + "/"
            if parent == "/" || part.isEmpty { continue }
            let mode: mode_t = parent.dropLast() == path || parent == path ? 0o700 : 0o777
            guard mkdir(parent, mode) == 0 || errno == EEXIST else {
                throw .system("cannot make the directory", path)
            }
        }
    }
}

extension SecretFile {
    /// The pair of the file's secret; a public key beside it has to belong to it.
    func pair(path: String) throws(AccessError) -> CurveKeyPair {
        let pair: CurveKeyPair
        guard let secret = CurveKey(text: try key("secret", path: path)) else {
            throw .malformed(path: path, problem: "has no secret key of 40 characters")
        }
        do throws(ZeroMQError) {
            pair = try CurveKeyPair(secretKey: secret)
        } catch {
            throw .malformed(path: path, problem: "cannot be used: \(error)")
        }
        if let known = self["public"], known != pair.publicKey.description {
            throw .malformed(path: path, problem: "is damaged: its keys do not belong together")
        }
        return pair
    }
}
