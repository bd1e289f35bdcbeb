import CZeroMQ

/// Decides which peers may connect to the encrypted sockets of a context: the handler of ZeroMQ's
/// authentication protocol (RFC 27, ZAP), on a thread of its own.
///
/// A context has at most one. Every socket in `CurveRole.server` keeps its handler alive, and such a
/// socket cannot be made without one: without a handler libzmq would take any peer that encrypts.
public final class PeerAdmission: Sendable {
    /// A peer that has proved to have the secret of `key`, and knows the public key of the socket.
    public struct Request: Sendable {
        /// Of the socket that it connects to.
        public let domain: String
        /// Where it comes from, as `10.0.0.3`; empty for Unix sockets.
        public let address: String
        public let key: CurveKey
    }

    public enum Decision: Sendable, Equatable {
        /// Messages of the peer bear this name (`Message.user`).
        case admit(user: String)
        /// The peer is told that it is refused, and does not come again by itself.
        case refuse
        /// Decide later: `reconsider` asks anew. The socket's `SocketOptions.handshakeInterval` ends
        /// the connection, and the peer tries again.
        case wait
    }

    private enum Order: Sendable { case reconsider, stop }

    /// Peers that wait for a decision at once; with more, the oldest are refused.
    private static let maximumWaiting = 1024

    private let orders: Mailbox<Order>
    private let thread: DedicatedThread<Void>

    /// Starts to answer.
    ///
    /// - Parameter decide: Called on the handler's thread, for every connection. It must be short.
    /// - Throws: `ZeroMQError.addressInUse` if the context has a handler.
    public init(
        context: Context, decide: @escaping @Sendable (Request) -> Decision
    ) throws(ZeroMQError) {
        let orders = try Mailbox<Order>()
        let bound = try Mailbox<ZeroMQError?>()
        self.orders = orders
        thread = try DedicatedThread(name: "admission") {
            do throws(ZeroMQError) {
                var handler = try Handler(context: context, decide: decide)
                bound.send(nil)
                try handler.run(orders)
            } catch {
                // After that no peer gets in: a request without an answer is no admission.
                bound.send(error)
            }
        }
        if let failure = bound.receive(timeout: nil) ?? nil { throw failure }
    }

    deinit { orders.send(.stop) }

    /// Decides anew about those who wait. From any thread.
    public func reconsider() { orders.send(.reconsider) }

    /// The handler's end of the requests. A router answers them in any order.
    private struct Handler {
        private struct Waiting {
            let envelope: [Message]
            let request: Request
        }

        private let router: Socket
        private let decide: @Sendable (Request) -> Decision
        private var waiting: [Waiting] = []

        init(
            context: Context, decide: @escaping @Sendable (Request) -> Decision
        ) throws(ZeroMQError) {
            router = try Socket(.router, in: context)
            try router.bind("inproc://zeromq.zap.01")
            self.decide = decide
        }

        mutating func run(_ orders: Mailbox<Order>) throws(ZeroMQError) {
            var poller = Poller()
            _ = poller.add(router, .readable)
            _ = poller.add(orders)
            while true {
                try poller.wait(timeout: nil)
                for order in orders.drain() {
                    guard case .reconsider = order else { return }
                    let asked = waiting
                    waiting = []
                    for one in asked { try answer(one) }
                }
                while let frames = try router.tryReceive() { try take(frames) }
            }
        }

        /// Frames: the router's name for the connection, an empty one, version, request number,
        /// domain, address, routing identity, mechanism, key.
        private mutating func take(_ frames: [Message]) throws(ZeroMQError) {
            guard frames.count >= 4 else { return }
            let envelope = [frames[0], frames[1], frames[2], frames[3]]
            guard frames.count == 9, frames[2].text == "1.0", frames[7].text == "CURVE",
                let key = CurveKey(frames[8].bytes)
            else { return try reply(envelope, .refuse) }
            try answer(
                Waiting(
                    envelope: envelope,
                    request: Request(
                        domain: frames[4].text ?? "", address: frames[5].text ?? "", key: key)))
        }

        private mutating func answer(_ one: Waiting) throws(ZeroMQError) {
            let decision = decide(one.request)
            guard decision == .wait else { return try reply(one.envelope, decision) }
            waiting.append(one)
            if waiting.count > PeerAdmission.maximumWaiting {
                try reply(waiting.removeFirst().envelope, .refuse)
            }
        }

        private func reply(_ envelope: [Message], _ decision: Decision) throws(ZeroMQError) {
            let (code, user) =
                if case .admit(let user) = decision { ("200", user) } else { ("400", "") }
            // One that has gone meanwhile needs no answer: such a message is dropped.
            _ = try router.trySend(
                envelope + [Message(code), Message(""), Message(user), Message("")])
        }
    }
}
