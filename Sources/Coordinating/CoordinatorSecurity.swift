import AccessControl
import Synchronization
import ZeroMQ

/// What a coordinator's connections are encrypted with, and who may make some.
///
/// Workers and tokens are on the list beside the keys; an operator is who can read the coordinator's own keys, and
/// connects with them. Whoever else comes is refused before it can say anything, and told of.
final class CoordinatorSecurity: Sendable {
    /// Who sent a message.
    enum User: Equatable {
        case worker(String)
        /// Someone with a token that may enrol a key, and nothing else.
        case token(CurveKey)
        case `operator`
    }

    /// I/O threads encrypt: some for clips, a GB/s each, and one for nothing but the control connection, whose
    /// heartbeats wait for no clip then.
    static let ioThreads = 4
    static let controlThread: UInt64 = 0b0001
    static let dataThreads: UInt64 = 0b1110

    static let controlDomain = "control"
    static let dataDomain = "clips"

    let keys: CoordinatorKeys
    let access: AccessList
    private let admission: PeerAdmission
    private let refusals: RefusalLog

    /// - Parameters:
    ///   - context: Of the coordinator's sockets.
    ///   - onRefusal: Told of those who are turned away, on any thread.
    init(
        _ keys: CoordinatorKeys, context: Context,
        onRefusal: @escaping @Sendable (_ address: String, _ reason: String) -> Void
    ) throws {
        self.keys = keys
        let access = try AccessList(directory: keys.directory)
        let refusals = RefusalLog(onRefusal)
        let own = keys.pair.publicKey
        self.access = access
        self.refusals = refusals
        admission = try PeerAdmission(context: context) { request in
            do throws(AccessError) {
                try access.refresh()
            } catch {
                // What was read before still counts.
                refusals.note("the coordinator", "\(error)")
            }
            let (user, reason) = Self.judge(request, access, own: own)
            if let user { return .admit(user: user.name) }
            refusals.note(request.address, reason)
            return .refuse
        }
    }

    private static func judge(
        _ request: PeerAdmission.Request, _ access: AccessList, own: CurveKey
    ) -> (User?, reason: String) {
        let isControl = request.domain == controlDomain
        if request.key == own, isControl { return (.operator, "") }
        switch access.standing(of: request.key) {
        case .worker(let name): return (.worker(name), "")
        case .token where isControl: return (.token(request.key), "")
        case .token(let name): return (nil, "token \(name) lets nobody at the clips")
        case .refused(let reason): return (nil, reason)
        }
    }

    /// Of a socket that listens.
    func role(_ domain: String) -> CurveRole {
        .server(keys.pair, domain: domain, admission: admission)
    }

    /// Tells of someone whose token is good for nothing any more.
    func noteRefusal(of host: String, _ reason: String) { refusals.note(host, reason) }

    /// Tells of someone who did not even get to show a key.
    func note(_ stranger: Stranger) {
        let reason: String? =
            switch stranger.failure {
            // The second where it closes first.
            case .mechanism, .abandoned: "it showed no key, as one without a token"
            case .key: "it has another coordinator's key"
            case .foreign: "what it sends is no handshake"
            case .refused: nil
            }
        if let reason { refusals.note(stranger.address ?? "an unknown address", reason) }
    }

    /// Whether a worker may have clips: it is on the list, and not out again.
    func mayHaveClips(_ name: String?) -> Bool {
        guard case .worker(let worker) = User(name: name) else { return false }
        return !access.isRevoked(worker)
    }
}

extension CoordinatorSecurity.User {
    /// As admission gives it to messages.
    var name: String {
        switch self {
        case .worker(let name): "worker \(name)"
        case .token(let key): "token \(key)"
        case .operator: "operator"
        }
    }

    init?(name: String?) {
        let words = (name ?? "").split(separator: " ", maxSplits: 1)
        switch (words.first, words.last) {
        case ("worker", let worker?): self = .worker(String(worker))
        case ("token", let text?):
            guard let key = CurveKey(text: text) else { return nil }
            self = .token(key)
        case ("operator", _): self = .operator
        default: return nil
        }
    }
}

/// Tells of refusals, of equal ones once a minute: who tries again and again fills no log.
private final class RefusalLog: Sendable {
    private static let pause = Duration.seconds(60)
    /// With more at once, all are forgotten and may be told again.
    private static let remembered = 256

    private let told = Mutex<[String: ContinuousClock.Instant]>([:])
    private let tell: @Sendable (_ address: String, _ reason: String) -> Void

    init(_ tell: @escaping @Sendable (_ address: String, _ reason: String) -> Void) {
        self.tell = tell
    }

    func note(_ address: String, _ reason: String) {
        let now = ContinuousClock.now
        let isNew = told.withLock { told in
            if let last = told["\(address) \(reason)"], now - last < Self.pause { return false }
            if told.count >= Self.remembered { told = [:] }
            told["\(address) \(reason)"] = now
            return true
        }
        if isNew { tell(address.isEmpty ? "this machine" : address, reason) }
    }
}
