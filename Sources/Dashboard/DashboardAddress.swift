import FlyingSocks
import Foundation

/// Where the web page is served: `HOST:PORT`, a host being an IP address, `localhost`, or `*` for every interface.
public struct DashboardAddress: Sendable, Equatable, CustomStringConvertible {
    public let host: String
    /// 0 takes any free one.
    public let port: UInt16

    /// Loopback, at a port that seldom has another use.
    public static let standard = DashboardAddress(host: "127.0.0.1", port: 8470)

    private init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8470`, `[::1]:8470`, `localhost:0`, `*:8470`, or a port alone, which is loopback's.
    ///
    /// - Returns: Nil where the text is none of these.
    public init?(_ text: String) {
        let colon = text.lastIndex(of: ":")
        guard let port = UInt16(colon.map { text[text.index(after: $0)...] } ?? text[...]) else {
            return nil
        }
        let name = colon.map { String(text[..<$0]) } ?? "localhost"
        let bare =
            name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
        switch bare {
        case "localhost": self.init(host: "127.0.0.1", port: port)
        case "*": self.init(host: "0.0.0.0", port: port)
        default:
            guard Self.isAddress(bare) else { return nil }
            self.init(host: bare, port: port)
        }
    }

    /// Whether only this machine reaches it.
    public var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

    private var isVersion6: Bool { host.contains(":") }

    public var description: String { isVersion6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    func with(port: UInt16) -> DashboardAddress { DashboardAddress(host: host, port: port) }

    /// For FlyingFox.
    func socketAddress() throws -> any SocketAddress {
        isVersion6
            ? try sockaddr_in6.inet6(ip6: host, port: port)
            : try sockaddr_in.inet(ip4: host, port: port)
    }

    private static func isAddress(_ text: String) -> Bool {
        // C's texts end there, and what follows would be passed over.
        guard !text.utf8.contains(0) else { return false }
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }
}
