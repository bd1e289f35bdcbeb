import Glibc

/// Why a coordinator's address cannot be used.
public struct RouteError: Error, CustomStringConvertible {
    public let description: String
}

/// Which of this machine's addresses the others can reach it by.
enum Route {
    /// The address of the interface on the route to the coordinator: what reaches the head node from here is
    /// reached by its neighbours there.
    ///
    /// - Parameter endpoint: As `tcp://head:5555`.
    static func localAddress(towards endpoint: String) throws(RouteError) -> String {
        let (host, port) = try parts(of: endpoint)
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, port, &hints, &list)
        guard code == 0, let found = list else {
            throw RouteError(
                description: "cannot find the coordinator's host \"\(host)\": "
                    + String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(list) }
        // Connecting a datagram socket sends nothing: the system only chooses the route.
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure("open a socket", host) }
        defer { close(descriptor) }
        guard connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            throw failure("find a route", host)
        }
        var own = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        guard named == 0 else { throw failure("read the own address", host) }
        var text = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
        inet_ntop(AF_INET, &own.sin_addr, &text, socklen_t(text.count))
        return String(
            decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// An endpoint of the coordinator with the host that this worker knows it by: the coordinator may be bound to
    /// all interfaces, and does not know which of them leads here.
    static func address(_ endpoint: String, byHostOf known: String) -> String {
        guard let port = endpoint.lastIndex(of: ":"), let end = known.lastIndex(of: ":") else {
            return endpoint
        }
        return String(known[..<end] + endpoint[port...])
    }

    private static func failure(_ what: String, _ host: String) -> RouteError {
        RouteError(
            description: "cannot \(what) towards \(host): \(String(cString: strerror(errno)))")
    }

    private static func parts(of endpoint: String) throws(RouteError) -> (String, String) {
        let scheme = "tcp://"
        guard endpoint.hasPrefix(scheme),
            let colon = endpoint.lastIndex(of: ":"),
            endpoint.distance(from: endpoint.startIndex, to: colon) > scheme.count,
            let port = UInt16(endpoint[endpoint.index(after: colon)...]), port > 0
        else {
            throw RouteError(
                description: "\"\(endpoint)\" is no coordinator's address; it looks like "
                    + "tcp://HOST:PORT, and `coordinator start` prints it")
        }
        let host = endpoint.dropFirst(scheme.count)[..<colon]
        return (String(host), String(port))
    }
}
