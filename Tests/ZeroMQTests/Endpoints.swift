import Glibc
import Synchronization
import ZeroMQ

/// Endpoint names that no two tests of a process share.
enum Endpoints {
    private static let sequence = Atomic<Int>(0)

    static func inproc() -> String {
        "inproc://test.\(sequence.add(1, ordering: .relaxed).newValue)"
    }
}

/// A pair of sockets, connected.
func connectedPair(
    _ bound: Socket.Kind, _ connecting: Socket.Kind, in context: Context,
    boundOptions: SocketOptions = SocketOptions(), options: SocketOptions = SocketOptions(),
    endpoint: String = "tcp://127.0.0.1:*"
) throws -> (bound: Socket, connected: Socket) {
    let server = try Socket(bound, in: context, options: boundOptions)
    let address = try server.bind(endpoint)
    let client = try Socket(connecting, in: context, options: options)
    try client.connect(address)
    return (server, client)
}
