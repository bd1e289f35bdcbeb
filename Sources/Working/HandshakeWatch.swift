import ZeroMQ

/// Tells from the events of a socket why no connection to a coordinator comes to stand.
///
/// Who speaks in the clear to a coordinator that encrypts, or has another coordinator's key, only sees its
/// connections closed: that counts after several in a row, as a coordinator may be ending or beginning.
struct HandshakeWatch {
    enum Verdict {
        /// The coordinator does not let this key in.
        case refused
        /// The two do not speak alike: keys on one side only, or of another coordinator.
        case mismatched
    }

    /// So many connections in a row have to be closed without a word.
    private static let closings = 3

    private let monitor: SocketMonitor
    private let hasKeys: Bool
    private var closings = 0
    private var last: SocketMonitor.HandshakeFailure?
    /// How many connections have stood so far.
    private(set) var connections = 0
    var hasStood: Bool { connections > 0 }

    init(_ monitor: SocketMonitor, hasKeys: Bool) {
        self.monitor = monitor
        self.hasKeys = hasKeys
    }

    /// To be polled.
    var events: Socket { monitor.events }

    /// What the events since the last call show; nil where nothing is wrong yet.
    mutating func verdict() throws(ZeroMQError) -> Verdict? {
        var verdict: Verdict?
        while let event = try monitor.next() {
            switch event.kind {
            case .handshakeSucceeded:
                connections += 1
                closings = 0
            case .handshakeFailed:
                last = event.failure
                closings += 1
                switch event.failure {
                case .refused: verdict = .refused
                case .mechanism, .key: verdict = .mismatched
                case .abandoned, .foreign, nil:
                    if closings >= Self.closings, !hasStood { verdict = .mismatched }
                }
            default: break
            }
        }
        return verdict
    }

    /// What is wrong and what to do about it, after a verdict.
    var explanation: String {
        switch (last, hasKeys) {
        case (.refused, _):
            "the coordinator does not let this token's key in: it was used by another worker, has expired or was "
                + "revoked, and the coordinator's output says which; \(Enrolment.remedy)"
        case (.mechanism, true):
            "the coordinator at this address has no keys, and this worker sends nothing in the clear: take the "
                + "address of the run that the token is for, or join without --token"
        case (_, true):
            "what answers at this address does not have the key of the coordinator that made the token: take the "
                + "address of that run, or \(Enrolment.remedy)"
        case (_, false):
            "what answers at this address closes the connection: a coordinator with keys lets in workers with a "
                + "token only; make one with `coordinator token --run DIR` on the head node, and join with --token FILE"
        }
    }
}
