import Testing
import ZeroMQ

@Suite("sockets")
struct SocketTests {
    let context: Context

    init() throws {
        context = try Context()
    }

    @Test("a router and a dealer exchange multipart messages")
    func routerAndDealer() throws {
        var options = SocketOptions()
        options.routingID = Array("worker-1".utf8)
        let (router, dealer) = try connectedPair(.router, .dealer, in: context, options: options)
        try dealer.send([Message("hello"), Message([1, 2, 3]), Message()])
        let request = try router.receive()
        #expect(
            request.map(\.bytes) == [Array("worker-1".utf8), Array("hello".utf8), [1, 2, 3], []])
        try router.send([request[0], Message("welcome")])
        #expect(try dealer.receive().map(\.text) == ["welcome"])
    }

    @Test("port 0 and * give the real endpoint", arguments: ["tcp://127.0.0.1:0", "tcp://*:*"])
    func wildcardPort(endpoint: String) throws {
        let socket = try Socket(.pull, in: context)
        let bound = try socket.bind(endpoint)
        let port = try #require(bound.split(separator: ":").last.flatMap { Int($0) })
        #expect(port > 0)
    }

    @Test("a port in use is named together with the remedy")
    func portInUse() throws {
        let first = try Socket(.pull, in: context)
        let endpoint = try first.bind("tcp://127.0.0.1:*")
        let second = try Socket(.pull, in: context)
        let error = #expect(throws: ZeroMQError.self) { try second.bind(endpoint) }
        #expect(error == .addressInUse(endpoint: endpoint))
        #expect(error?.description.contains("\(endpoint): it is in use") == true)
        #expect(error?.description.contains("choose another port") == true)
    }

    @Test("an address of another machine cannot be bound")
    func foreignAddress() throws {
        let socket = try Socket(.pull, in: context)
        #expect(throws: ZeroMQError.addressUnavailable(endpoint: "tcp://192.0.2.1:5000")) {
            try socket.bind("tcp://192.0.2.1:5000")
        }
    }

    @Test(
        "a malformed endpoint is refused", arguments: ["tcp://", "carrier://pigeon", "127.0.0.1"])
    func malformedEndpoint(endpoint: String) throws {
        let socket = try Socket(.dealer, in: context)
        let error = #expect(throws: ZeroMQError.self) { try socket.connect(endpoint) }
        guard case .invalidEndpoint(endpoint, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a mandatory router says that it does not know a peer")
    func unroutable() throws {
        var options = SocketOptions()
        options.mandatoryRouting = true
        let router = try Socket(.router, in: context, options: options)
        try router.bind("tcp://127.0.0.1:*")
        let error = #expect(throws: ZeroMQError.self) {
            try router.trySend([Message([0xAB, 0x01]), Message("to nobody")])
        }
        #expect(error == .unroutable(peer: [0xAB, 0x01]))
        #expect(error?.description.contains("ab01") == true)
    }

    @Test("sending without a connection would block, and says so")
    func wouldBlock() throws {
        let push = try Socket(.push, in: context)
        #expect(try push.trySend([Message("nobody listens")]) == false)
        let pull = try Socket(.pull, in: context)
        #expect(try pull.tryReceive() == nil)
        #expect(try pull.receive(timeout: .milliseconds(5)) == nil)
    }

    @Test("a full queue refuses a message and takes the next ones whole")
    func fullQueue() throws {
        var options = SocketOptions()
        options.sendHighWaterMark = 2
        options.receiveHighWaterMark = 1
        let (pull, push) = try connectedPair(
            .pull, .push, in: context, boundOptions: options, options: options,
            endpoint: Endpoints.inproc())
        var sent = 0
        while try push.trySend([Message([UInt8(sent)]), Message("body")]) { sent += 1 }
        #expect(sent >= 2)
        for index in 0..<sent {
            #expect(try pull.receive().map(\.bytes) == [[UInt8(index)], Array("body".utf8)])
        }
        try push.send([Message("again"), Message("whole")])
        #expect(try pull.receive().map(\.text) == ["again", "whole"])
    }

    @Test("a shut-down context ends a blocking receive in another thread")
    func shutdown() throws {
        let context = self.context
        let ready = try Mailbox<Void>()
        let thread = try DedicatedThread<String>(name: "blocked") {
            let pull = try Socket(.pull, in: context)
            ready.send(())
            do {
                _ = try pull.receive()
                return "received"
            } catch ZeroMQError.contextTerminated {
                return "terminated"
            }
        }
        #expect(ready.receive(timeout: .seconds(10)) != nil)
        context.shutdown()
        #expect(try thread.join() == "terminated")
    }

    @Test("a peer that sends a larger frame than allowed is cut off")
    func maximumMessageSize() throws {
        var options = SocketOptions()
        options.maximumMessageSize = 1000
        let pull = try Socket(.pull, in: context, options: options)
        let monitor = try SocketMonitor(pull)
        let endpoint = try pull.bind("tcp://127.0.0.1:*")
        let push = try Socket(.push, in: context)
        try push.connect(endpoint)
        try push.send([Message([UInt8](repeating: 1, count: 1001))])
        #expect(try wait(for: .disconnected, from: monitor) != nil)
        #expect(try pull.tryReceive() == nil)
    }

    @Test("every option is accepted by libzmq")
    func options() throws {
        var options = SocketOptions()
        options.linger = nil
        options.sendHighWaterMark = 7
        options.receiveHighWaterMark = 0
        options.mandatoryRouting = true
        options.routerHandover = true
        options.immediate = true
        options.routingID = [1]
        options.handshakeInterval = .seconds(2)
        options.connectTimeout = .seconds(1)
        options.reconnectInterval = .milliseconds(50)
        options.maximumReconnectInterval = .seconds(1)
        options.heartbeat = .init(
            interval: .milliseconds(500), timeout: .seconds(2), timeToLive: .seconds(2))
        options.keepAlive = .init(idle: .seconds(5), interval: .seconds(1), probes: 3)
        options.maximumMessageSize = 1 << 30
        options.kernelSendBuffer = 1 << 20
        options.kernelReceiveBuffer = 1 << 20
        options.ipv6 = true
        _ = try Socket(.router, in: context, options: options)
        options.routingID = []
        #expect(throws: ZeroMQError.self) { try Socket(.router, in: context, options: options) }
    }
}

/// The next event of a kind; nil after ten seconds without one.
func wait(
    for kind: SocketMonitor.Event.Kind, from monitor: SocketMonitor
) throws -> SocketMonitor.Event? {
    var poller = Poller()
    _ = poller.add(monitor.events, .readable)
    while try poller.wait(timeout: .seconds(10)) > 0 {
        while let event = try monitor.next() {
            if event.kind == kind { return event }
        }
    }
    return nil
}
