import Testing
import ZeroMQ

@Suite("An address that a peer names")
struct PeerAddressTests {
    @Test(
        "is no path of this machine",
        arguments: ["ipc:///tmp/x", "ipc://x", "ipc://@other", "pgm://eth0;1.1.1.1:5", "", "/etc"])
    func paths(endpoint: String) throws {
        let dealer = try Socket(.dealer, in: Context())
        let error = #expect(throws: ZeroMQError.self) { try dealer.connect(toPeerAt: endpoint) }
        guard case .invalidEndpoint(endpoint, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("may be a place in the network, or a name without a file")
    func places() throws {
        let dealer = try Socket(.dealer, in: Context())
        try dealer.connect(toPeerAt: "tcp://127.0.0.1:1")
        try dealer.connect(toPeerAt: "ipc://@lockstep-127.0.0.1:1")
    }
}
