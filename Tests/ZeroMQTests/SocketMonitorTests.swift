import Testing
import ZeroMQ

@Suite("socket monitors")
struct SocketMonitorTests {
    @Test("both ends hear of a connection and of its end")
    func connectAndDisconnect() throws {
        let context = try Context()
        let pull = try Socket(.pull, in: context)
        let server = try SocketMonitor(pull)
        let endpoint = try pull.bind("tcp://127.0.0.1:*")
        do {
            let push = try Socket(.push, in: context)
            let client = try SocketMonitor(push)
            try push.connect(endpoint)
            let connected = try #require(try wait(for: .connected, from: client))
            #expect(connected.endpoint.contains("127.0.0.1"))
            #expect(try wait(for: .handshakeSucceeded, from: client) != nil)
            #expect(try wait(for: .accepted, from: server)?.descriptor != nil)
        }
        #expect(try wait(for: .disconnected, from: server)?.descriptor != nil)
    }

    @Test("the peer whose connection closed is known by name")
    func lostPeer() throws {
        let context = try Context()
        let router = try Socket(.router, in: context)
        let monitor = try SocketMonitor(router)
        var connections = PeerConnections<String>(monitor)
        let endpoint = try router.bind("tcp://127.0.0.1:*")
        let stays = try dealer("stays", endpoint, context)
        var leaves: Socket? = try dealer("leaves", endpoint, context)
        for _ in 0..<2 {
            let frames = try router.receive()
            try connections.note(frames, from: try #require(frames[0].text))
        }
        #expect(try connections.takeLost() == [])
        try #require(leaves).send([Message("bye")])
        let frames = try router.receive()
        try connections.note(frames, from: try #require(frames[0].text))
        leaves = nil
        #expect(try lost(of: &connections, monitor) == ["leaves"])
        try stays.send([Message("still here")])
        #expect(try router.receive().last?.text == "still here")
    }

    @Test("what a peer had said before its connection closed does not make it one that is there")
    func lastWords() throws {
        let context = try Context()
        let router = try Socket(.router, in: context)
        let monitor = try SocketMonitor(router)
        var connections = PeerConnections<String>(monitor)
        var leaves: Socket? = try dealer("leaves", router.bind("tcp://127.0.0.1:*"), context)
        let hello = try #require(try router.receive(timeout: .seconds(10)))
        try connections.note(hello, from: "leaves")
        try #require(leaves).send([Message("bye")])
        leaves = nil
        #expect(try lost(of: &connections, monitor) == ["leaves"])
        let bye = try #require(try router.receive(timeout: .seconds(10)))
        try connections.note(bye, from: "leaves")
        #expect(!connections.contains { $0 == "leaves" })
        // Should it not have been known before, it is lost now.
        #expect(try connections.takeLost() == ["leaves"])
    }

    /// The next that have lost their connections.
    private func lost(
        of connections: inout PeerConnections<String>, _ monitor: SocketMonitor
    ) throws -> [String] {
        var poller = Poller()
        _ = poller.add(monitor.events, .readable)
        var lost: [String] = []
        while lost.isEmpty, try poller.wait(timeout: .seconds(10)) > 0 {
            lost += try connections.takeLost()
        }
        return lost
    }

    private func dealer(_ name: String, _ endpoint: String, _ context: Context) throws -> Socket {
        var options = SocketOptions()
        options.routingID = Array(name.utf8)
        let dealer = try Socket(.dealer, in: context, options: options)
        try dealer.connect(endpoint)
        try dealer.send([Message("hello")])
        return dealer
    }
}
