public import AccessControl
import Glibc
import TrainingProtocol
import Wire
import ZeroMQ

/// A worker's first visit with a join token: the coordinator takes up the worker's own public key.
///
/// The token's key pair lets it connect to say this one thing. From then on the worker is known by its own key,
/// and a copy of the token is worth nothing.
public enum Enrolment {
    /// Why a token did not let this worker in, and what to do.
    public struct Refusal: Error, CustomStringConvertible {
        public let description: String
    }

    /// Has the worker's key taken up, unless that is done.
    ///
    /// - Parameters:
    ///   - keys: Those for the token; noted as enrolled where the coordinator says so. Where its answer may have been
    ///     lost they are not, and whether they are good shows when they are used.
    ///   - address: Of the coordinator's control connection.
    ///   - patience: How long it is looked for there.
    /// - Throws: `Refusal`, `AccessError`, `ZeroMQError`.
    public static func complete(
        _ keys: inout WorkerKeys, with token: JoinToken, at address: String,
        patience: Duration? = nil
    ) throws {
        guard !keys.isEnrolled else { return }
        var options = SocketOptions()
        options.curve = .client(token.pair, server: token.coordinator)
        options.reconnectInterval = Deadlines.standard.reconnect
        options.maximumReconnectInterval = Deadlines.standard.reconnectAtMost
        let dealer = try Socket(.dealer, in: try Context(), options: options)
        var watch = HandshakeWatch(try SocketMonitor(dealer), hasKeys: true)
        try dealer.connect(address)
        let request = try EnrolmentRequest(
            key: keys.pair.publicKey.bytes, host: WorkerProcess.hostName
        ).serialized()
        // Connections that have taken the request. What one that broke had taken is lost, and to be said twice does no
        // harm: each is asked.
        var asked = 0
        var poller = Poller()
        _ = poller.add(dealer, .readable)
        _ = poller.add(watch.events, .readable)
        let deadline =
            ContinuousClock.now + max(patience ?? .zero, Deadlines.standard.greeting)
        while ContinuousClock.now < deadline {
            try poller.wait(timeout: deadline - .now)
            if let frames = try dealer.tryReceive() {
                switch try EnrolmentAnswer(serialized: frames[0].bytes) {
                case .enrolled: return try keys.enrolled()
                case .refused(let reason): throw Refusal(description: "\(reason); \(Self.remedy)")
                }
            }
            switch try watch.verdict() {
            case .refused where !keys.isNew || watch.hasStood:
                // The key may have been taken up, earlier or a moment ago, and the answer lost with the coordinator
                // that gave it: then the token is spent on this very key, which is let in by itself.
                return
            case .refused, .mismatched:
                throw Refusal(description: watch.explanation)
            case nil:
                if watch.connections > asked, try dealer.trySend([Message(request)]) {
                    asked = watch.connections
                }
            }
        }
        throw Refusal(
            description: "nobody answers at \(address); take the address that the coordinator "
                + "prints")
    }

    static let remedy = "get a new one with `coordinator token --run DIR` on the head node"
}
