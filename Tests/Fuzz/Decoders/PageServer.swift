import Dispatch
import FlyingFox
import FlyingSocks
import Glibc
import Synchronization

extension Decoder {
    static func pageConnection(_ input: [UInt8]) -> String? { PageServer.shared.take(input) }
}

/// The web page's server, at a Unix socket of this process's folder: no port is used up, however many inputs there are.
final class PageServer: Sendable {
    static let shared = PageServer()

    private static let path = InputFolder.path + "/page"
    /// So long nobody has to wait for the end of a connection that says nothing more.
    private static let patience = 10

    private let server: HTTPServer

    private init() {
        let server = HTTPServer(
            address: sockaddr_un.unix(path: Self.path), logger: .disabled,
            handler: PageSample.handler(token: PageSample.token, isLoopback: true))
        self.server = server
        let problem = Mutex<String?>(nil)
        let listens = DispatchSemaphore(value: 0)
        Task.detached { try await server.run() }
        Task.detached {
            do { try await server.waitUntilListening() } catch {
                problem.withLock { $0 = "\(error)" }
            }
            listens.signal()
        }
        listens.wait()
        let failure = problem.withLock { $0 }
        precondition(failure == nil, "the page cannot be served: \(failure ?? "")")
    }

    /// Says all of an input on a connection of its own, and listens until the server closes it.
    func take(_ input: [UInt8]) -> String? {
        let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        guard connection >= 0, connects(connection) else { return "nobody listens (\(errno))" }
        var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(connection, SOL_SOCKET, option, &limit, size)
        }
        var sent = 0
        while sent < input.count {
            let count = input.withUnsafeBytes {
                send(connection, $0.baseAddress! + sent, input.count - sent, Int32(MSG_NOSIGNAL))
            }
            // It may close before it has read what it does not understand.
            guard count > 0 else { break }
            sent += count
        }
        shutdown(connection, Int32(SHUT_WR))
        return answer(on: connection)
    }

    private func answer(on connection: Int32) -> String? {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return "a connection is not closed" }
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        let isHTTP = answer.isEmpty || answer.starts(with: "HTTP/1.1 ".utf8)
        return isHTTP ? nil : "an answer that is none"
    }

    private func connects(_ connection: Int32) -> Bool {
        var place = sockaddr_un()
        place.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: Self.path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, size) == 0
            }
        }
    }
}
