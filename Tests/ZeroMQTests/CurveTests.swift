import Synchronization
import Testing
import ZeroMQ

@Suite("Encrypted sockets", .timeLimit(.minutes(1)))
struct CurveTests {
    /// A router that encrypts, and what its admission decides.
    private final class Listener: Sendable {
        let keys: CurveKeyPair
        let context: Context
        let admission: PeerAdmission
        private let book = Book()

        /// What the closure that is asked shares with the listener.
        private final class Book: Sendable {
            let decision = Mutex(PeerAdmission.Decision.refuse)
            let asked = Mutex<[PeerAdmission.Request]>([])
        }

        var requests: [PeerAdmission.Request] { book.asked.withLock { $0 } }

        init(_ first: PeerAdmission.Decision) throws {
            keys = try CurveKeyPair.random()
            context = try Context()
            admission = try PeerAdmission(context: context) { [book] request in
                book.asked.withLock { $0.append(request) }
                return book.decision.withLock { $0 }
            }
            decide(first)
        }

        func decide(_ next: PeerAdmission.Decision) { book.decision.withLock { $0 = next } }

        func router(_ domain: String = "test") throws -> (Socket, SocketMonitor, String) {
            var options = SocketOptions()
            options.curve = .server(keys, domain: domain, admission: admission)
            let router = try Socket(.router, in: context, options: options)
            let monitor = try SocketMonitor(router)
            return (router, monitor, try router.bind("tcp://127.0.0.1:*"))
        }
    }

    private func dealer(_ role: CurveRole?, _ endpoint: String) throws -> (Socket, SocketMonitor) {
        var options = SocketOptions()
        options.curve = role
        options.reconnectInterval = .milliseconds(20)
        let dealer = try Socket(.dealer, in: Context(), options: options)
        let monitor = try SocketMonitor(dealer)
        try dealer.connect(endpoint)
        try dealer.send([Message("hello")])
        return (dealer, monitor)
    }

    private func failure(
        _ monitor: SocketMonitor, _ wanted: Set<SocketMonitor.HandshakeFailure?>
    ) throws -> Bool {
        var poller = Poller()
        _ = poller.add(monitor.events, .readable)
        while try poller.wait(timeout: .seconds(10)) > 0 {
            while let event = try monitor.next() {
                if event.kind == .handshakeSucceeded { return false }
                if event.kind == .handshakeFailed, wanted.contains(event.failure) { return true }
            }
        }
        return false
    }

    @Test("who is admitted is heard, by the name that admission gave")
    func admitted() throws {
        let listener = try Listener(.admit(user: "worker a"))
        let (router, _, endpoint) = try listener.router("clips")
        let keys = try CurveKeyPair.random()
        let (dealer, _) = try dealer(.client(keys, server: listener.keys.publicKey), endpoint)
        let frames = try router.receive()
        #expect(frames[1].text == "hello")
        #expect(frames[1].user == "worker a")
        let request = try #require(listener.requests.first)
        #expect(request.key == keys.publicKey)
        #expect(request.domain == "clips" && request.address == "127.0.0.1")
        try router.send([frames[0], Message("welcome")])
        #expect(try dealer.receive().first?.text == "welcome")
    }

    @Test("who is refused is told so, and is heard of no more")
    func refused() throws {
        let listener = try Listener(.refuse)
        let (router, _, endpoint) = try listener.router()
        let (_, monitor) = try dealer(
            .client(try .random(), server: listener.keys.publicKey), endpoint)
        #expect(try failure(monitor, [.refused]))
        #expect(try router.tryReceive() == nil)
    }

    @Test("who has to wait is let in when admission decides anew")
    func waiting() throws {
        let listener = try Listener(.wait)
        let (router, _, endpoint) = try listener.router()
        let (_, monitor) = try dealer(
            .client(try .random(), server: listener.keys.publicKey), endpoint)
        var poller = Poller()
        _ = poller.add(monitor.events, .readable)
        while listener.requests.isEmpty { try poller.wait(timeout: .milliseconds(5)) }
        #expect(try router.tryReceive() == nil)
        listener.decide(.admit(user: "late"))
        listener.admission.reconsider()
        #expect(try router.receive()[1].user == "late")
    }

    @Test("who speaks in the clear, or knows another key, is not heard, and its address is known")
    func strangers() throws {
        let listener = try Listener(.admit(user: "anyone"))
        let other = try CurveKeyPair.random().publicKey
        for role in [nil, CurveRole.client(try .random(), server: other)] {
            let (router, monitor, endpoint) = try listener.router()
            var connections = PeerConnections<Int>(monitor)
            let (_, client) = try dealer(role, endpoint)
            #expect(try failure(client, [.abandoned, .mechanism]))
            var poller = Poller()
            _ = poller.add(monitor.events, .readable)
            var strangers: [Stranger] = []
            while strangers.isEmpty, try poller.wait(timeout: .seconds(10)) > 0 {
                strangers = try connections.takeStrangers()
            }
            let expected: Set<SocketMonitor.HandshakeFailure> =
                role == nil ? [.mechanism, .abandoned] : [.key]
            #expect(strangers.allSatisfy { expected.contains($0.failure) })
            #expect(try router.tryReceive() == nil)
        }
        #expect(listener.requests.isEmpty)
    }

    @Test("a socket with keys says nothing to one without")
    func noDowngrade() throws {
        let router = try Socket(.router, in: try Context())
        let endpoint = try router.bind("tcp://127.0.0.1:*")
        let (_, monitor) = try dealer(
            .client(try .random(), server: try CurveKeyPair.random().publicKey), endpoint)
        #expect(try failure(monitor, [.mechanism, .abandoned]))
        #expect(try router.tryReceive() == nil)
    }

    @Test("a context has one admission")
    func one() throws {
        let context = try Context()
        let first = try PeerAdmission(context: context) { _ in .refuse }
        #expect(throws: ZeroMQError.self) {
            _ = try PeerAdmission(context: context) { _ in .refuse }
        }
        withExtendedLifetime(first) {}
    }
}
