import TrainingProtocol
import Wire
import ZeroMQ

// At a coordinator's control connection: hellos that are refused, frames that are none, too large ones, messages of too many
// frames, connections of something else.

extension Flood.Stranger {
    private static let mostHellos = 20_000
    private static let mostGarbage = 20_000
    private static let mostConnections = 300

    static func atControl(_ address: String) -> [Flood.Stranger] {
        let port = UInt16(address.split(separator: ":").last ?? "") ?? 0
        return [
            Flood.Stranger(name: "hellos") { try throwHellos(at: address, $0) },
            Flood.Stranger(name: "garbage") { try throwGarbage(at: address, $0) },
            Flood.Stranger(name: "connections") { connect(to: [port], $0) },
        ]
    }

    private static func throwHellos(at address: String, _ flood: Flood) throws -> Int {
        var thrown = 0
        let context = try Context()
        let dealers = try (0..<20).map { _ in try Socket.stranger(.dealer, context, at: address) }
        while flood.goesOn, thrown < mostHellos {
            let hello = Hello(
                protocolVersion: thrown % 2 == 0 ? 99 : protocolVersion,
                profile: [ProfileEntry(name: "kernels", value: "none \(thrown)")],
                host: "stranger \(thrown)", process: Int64(thrown), threads: 1, launchToken: "",
                attempt: UInt32(thrown))
            let message = Stamped(
                run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
                body: WorkerMessage.hello(hello))
            let dealer = dealers[thrown % dealers.count]
            if try dealer.trySend([Message(message.serialized())]) {
                thrown += 1
            } else {
                try Socket.pause([dealer])
            }
            while try dealer.tryReceive() != nil {}
        }
        return thrown
    }

    private static func throwGarbage(at address: String, _ flood: Flood) throws -> Int {
        var thrown = 0
        var garbage = Garbage()
        let dealer = try Socket.stranger(.dealer, Context(), at: address)
        while flood.goesOn, thrown < mostGarbage {
            let frame = garbage.frame(thrown % 500 == 499 ? 2 << 20 : thrown % 60)
            let frames = thrown % 7 == 6 ? [frame, frame, frame] : [frame]
            if try dealer.trySend(frames) { thrown += 1 } else { try Socket.pause([dealer]) }
        }
        return thrown
    }

    static func connect(to ports: [UInt16], _ flood: Flood) -> Int {
        var connections = ForeignConnections()
        while flood.goesOn, connections.count < mostConnections,
            connections.connect(to: ports[connections.count % ports.count])
        {}
        return connections.count
    }
}
