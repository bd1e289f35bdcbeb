import Glibc
import ZeroMQ

// What strangers have.

extension Socket {
    /// A stranger's, who does not wait for those that do not read.
    static func stranger(
        _ kind: Kind, _ context: Context, at address: String, linger: Duration = .zero
    ) throws -> Socket {
        var options = SocketOptions()
        options.reconnectInterval = .milliseconds(20)
        options.sendHighWaterMark = 100
        // Where nobody of its kind listens, nothing counts as thrown.
        options.immediate = true
        options.linger = linger
        let socket = try Socket(kind, in: context, options: options)
        try socket.connect(address)
        return socket
    }

    /// Waits a little, or until one of several can be sent to again.
    static func pause(_ sockets: [Socket]) throws {
        var poller = Poller()
        for socket in sockets { _ = poller.add(socket, .writable) }
        try poller.wait(timeout: .milliseconds(20))
    }
}

/// Frames of any length, of which the first bytes are random.
struct Garbage {
    private var random = SystemRandomNumberGenerator()

    mutating func frame(_ length: Int) -> Message {
        let bytes = (0..<min(length, 64)).map { _ in UInt8.random(in: 0...255, using: &random) }
        return Message(bytes + [UInt8](repeating: 7, count: max(0, length - 64)))
    }
}

/// Connections that say nothing, or speak something else, all open at once.
struct ForeignConnections: ~Copyable {
    private static let words = ["", "GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}", "SSH-2.0-x\r\n"]

    private var open: [Int32] = []

    var count: Int { open.count }

    deinit { for descriptor in open { close(descriptor) } }

    /// - Returns: False where nobody listens.
    mutating func connect(to port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let word = Array(Self.words[open.count % Self.words.count].utf8)
        open.append(descriptor)
        guard status == 0 else { return false }
        _ = Glibc.send(descriptor, word, word.count, Int32(MSG_NOSIGNAL))
        return true
    }
}
