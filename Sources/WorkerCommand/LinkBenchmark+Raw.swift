import Glibc

// Bare TCP: what the system itself takes for moving the bytes.

extension LinkBenchmark {
    func runRaw(_ arguments: (String) -> [String]) throws -> Taken {
        let listener = try Self.check(
            socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0), "open a socket")
        defer { close(listener) }
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = try Self.check(bind(listener, address, length), "bind")
                _ = try Self.check(listen(listener, 1), "listen")
                _ = try Self.check(getsockname(listener, address, &length), "read the port")
            }
        }
        let contents = [UInt8](repeating: 7, count: bytes)
        return try ask(arguments("\(UInt16(bigEndian: address.sin_port))")) {
            let peer = try Self.check(accept(listener, nil, nil), "accept")
            defer { close(peer) }
            for _ in 0..<frames {
                var done = 0
                try contents.withUnsafeBytes { bytes in
                    while done < bytes.count {
                        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                        done += try Self.check(
                            send(peer, rest.baseAddress, rest.count, 0), "send")
                    }
                }
            }
        }
    }

    func takeRaw(_ port: String) throws {
        let peer = try Self.check(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0), "open a socket")
        defer { close(peer) }
        var address = Self.loopback(port: UInt16(port) ?? 0)
        try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                _ = try Self.check(connect(peer, address, length), "connect")
            }
        }
        var frame = [UInt8](repeating: 0, count: bytes)
        let start = ContinuousClock.now
        let before = ProcessorTime.ofThisProcess
        for _ in 0..<frames {
            _ = try Self.check(recv(peer, &frame, bytes, Int32(MSG_WAITALL)), "receive")
        }
        Self.tell(start, before)
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func check<Number: SignedInteger>(
        _ result: Number, _ attempt: String
    ) throws -> Number {
        guard result >= 0 else {
            throw Failure(description: "cannot \(attempt): \(String(cString: strerror(errno)))")
        }
        return result
    }
}
