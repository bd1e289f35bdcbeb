import Glibc
import Synchronization
import Testing
import TrainingProtocol
import Wire
import ZeroMQ

/// Strangers at a coordinator's control connection: hellos that are refused, frames that are none, too large ones,
/// messages of too many frames, connections that say nothing or speak something else. Bounded in number, and ended with
/// the run.
final class Flood: Sendable {
    struct Thrown: Sendable {
        var hellos = 0
        var garbage = 0
        var connections = 0
    }

    private static let mostHellos = 20_000
    private static let mostGarbage = 20_000
    private static let mostConnections = 300

    private let isOver = Atomic<Bool>(false)
    private let threads = Mutex<[DedicatedThread<Thrown>]>([])

    init() throws {}

    /// Once; a coordinator says its address more than once.
    func begin(at address: String) throws {
        try threads.withLock { threads in
            guard threads.isEmpty else { return }
            threads = [
                try DedicatedThread(name: "hellos") { [self] in try throwHellos(at: address) },
                try DedicatedThread(name: "garbage") { [self] in try throwGarbage(at: address) },
                try DedicatedThread(name: "strangers") { [self] in try connect(to: address) },
            ]
        }
    }

    /// What was thrown until now.
    func end() throws -> Thrown {
        isOver.store(true, ordering: .relaxed)
        var all = Thrown()
        for thread in threads.withLock({ $0 }) {
            let thrown = try thread.join()
            all.hellos += thrown.hellos
            all.garbage += thrown.garbage
            all.connections += thrown.connections
        }
        return all
    }

    private var goesOn: Bool { !isOver.load(ordering: .relaxed) }

    private func throwHellos(at address: String) throws -> Thrown {
        var thrown = Thrown()
        let context = try Context()
        let dealers = try (0..<20).map { _ in try Self.dealer(context, address) }
        while goesOn, thrown.hellos < Self.mostHellos {
            let index = thrown.hellos
            let hello = Hello(
                protocolVersion: index % 2 == 0 ? 99 : protocolVersion,
                profile: [ProfileEntry(name: "kernels", value: "none \(index)")],
                host: "stranger \(index)", process: Int64(index), threads: 1, launchToken: "",
                attempt: UInt32(index))
            let message = Stamped(
                run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
                body: WorkerMessage.hello(hello))
            let dealer = dealers[index % dealers.count]
            if try Self.send([Message(message.serialized())], by: dealer) { thrown.hellos += 1 }
            while try dealer.tryReceive() != nil {}
        }
        return thrown
    }

    private func throwGarbage(at address: String) throws -> Thrown {
        var thrown = Thrown()
        let context = try Context()
        var random = SystemRandomNumberGenerator()
        let dealer = try Self.dealer(context, address)
        while goesOn, thrown.garbage < Self.mostGarbage {
            let length = thrown.garbage % 500 == 499 ? 2 << 20 : thrown.garbage % 60
            let bytes = (0..<min(length, 64)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let frame = Message(bytes + [UInt8](repeating: 7, count: max(0, length - 64)))
            let frames = thrown.garbage % 7 == 6 ? [frame, frame, frame] : [frame]
            if try Self.send(frames, by: dealer) { thrown.garbage += 1 }
        }
        return thrown
    }

    private func connect(to address: String) throws -> Thrown {
        var thrown = Thrown()
        let port = UInt16(address.split(separator: ":").last ?? "") ?? 0
        var open: [Int32] = []
        defer { for descriptor in open { close(descriptor) } }
        let words = ["", "GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}", "SSH-2.0-x\r\n"]
        while goesOn, thrown.connections < Self.mostConnections {
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
            open.append(descriptor)
            guard status == 0 else { break }
            let word = Array(words[thrown.connections % words.count].utf8)
            _ = Glibc.send(descriptor, word, word.count, Int32(MSG_NOSIGNAL))
            thrown.connections += 1
        }
        return thrown
    }

    /// - Returns: False where the coordinator takes no more for now.
    private static func send(_ frames: [Message], by dealer: Socket) throws -> Bool {
        if try dealer.trySend(frames) { return true }
        var poller = Poller()
        _ = poller.add(dealer, .writable)
        try poller.wait(timeout: .milliseconds(20))
        return false
    }

    private static func dealer(_ context: Context, _ address: String) throws -> Socket {
        var options = SocketOptions()
        options.reconnectInterval = .milliseconds(20)
        options.sendHighWaterMark = 100
        let dealer = try Socket(.dealer, in: context, options: options)
        try dealer.connect(address)
        return dealer
    }
}
