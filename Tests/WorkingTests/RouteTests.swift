import Testing

@testable import Working

@Suite("Routes")
struct RouteTests {
    @Test("the way to this machine itself is the loopback interface")
    func loopback() throws {
        #expect(try Route.localAddress(towards: "tcp://127.0.0.1:5555") == "127.0.0.1")
    }

    @Test(
        "what is no coordinator's address is refused with an example of one",
        arguments: [
            "", "head", "tcp://", "tcp://head", "tcp://:55", "tcp://h:0", "udp://h:1", "tcp://h:x",
        ])
    func refused(address: String) {
        #expect {
            try Route.localAddress(towards: address)
        } throws: { "\($0)".contains("tcp://HOST:PORT") }
    }

    @Test("a data address takes the host by which the coordinator is known here")
    func host() {
        #expect(
            Route.address("tcp://0.0.0.0:7001", byHostOf: "tcp://head:5555") == "tcp://head:7001")
    }
}
