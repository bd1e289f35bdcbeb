import Glibc
import Testing
import ZeroMQ

@Suite("A limit of connections")
struct ConnectionLimitTests {
    @Test("cuts off those that come when there are enough, and leaves the others alone")
    func flood() throws {
        let context = try Context()
        let router = try Socket(.router, in: context)
        let monitor = try SocketMonitor(router)
        let endpoint = try router.bind("tcp://127.0.0.1:0")
        var limit = ConnectionLimit(3)
        let peers = try (0..<3).map { _ in
            let dealer = try Socket(.dealer, in: context)
            try dealer.connect(endpoint)
            return dealer
        }
        func ask() throws {
            for peer in peers {
                try peer.send([Message("?")])
                try limit.note(all: monitor)
                let request = try router.receive()
                try router.send([request[0], Message("!")])
                #expect(try peer.receive().map(\.text) == ["!"])
            }
        }
        try ask()
        let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
        var strangers = try (0..<50).map { _ in try Self.connect(port) }
        while !strangers.isEmpty {
            var poller = Poller()
            _ = poller.add(monitor.events, .readable)
            let keys = strangers.map { poller.add(descriptor: $0, .readable) }
            try poller.wait(timeout: nil)
            try limit.note(all: monitor)
            let gone = zip(strangers, keys).filter { poller.isReady($0.1) && Self.isClosed($0.0) }
            for (descriptor, _) in gone { close(descriptor) }
            strangers.removeAll { descriptor in gone.contains { $0.0 == descriptor } }
        }
        #expect(limit.refused == 50)
        try ask()
    }

    private static func connect(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0)
        return descriptor
    }

    /// Reads a greeting that may have come before.
    private static func isClosed(_ descriptor: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64)
        return recv(descriptor, &bytes, bytes.count, 0) <= 0
    }
}
