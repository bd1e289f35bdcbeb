import Collectives
import Tensors
import TrainingProtocol
import Wire
import ZeroMQ

// At whatever the processes of a run listen at, and so at clips, states and gradients: garbage, requests and states of another
// run, chunks of another run from members that then go, connections of something else.

extension Flood.Stranger {
    private static let mostRequests = 20_000
    private static let mostChunks = 20_000
    /// So many chunks, and a member of another run goes, and another comes.
    private static let chunksAVisit = 100

    static func atBulk(_ ports: [UInt16]) -> [Flood.Stranger] {
        [
            Flood.Stranger(name: "requests") { try throwRequests(at: ports, $0) },
            Flood.Stranger(name: "chunks") { try throwChunks(at: ports, $0) },
            Flood.Stranger(name: "connections") { connect(to: ports, $0) },
        ]
    }

    /// Requests whose answers nobody reads, and garbage among them.
    private static func throwRequests(at ports: [UInt16], _ flood: Flood) throws -> Int {
        var thrown = 0
        var garbage = Garbage()
        let context = try Context()
        let dealers = try ports.map {
            try Socket.stranger(.dealer, context, at: "tcp://127.0.0.1:\($0)")
        }
        let bulk = Message([UInt8](repeating: 7, count: 1 << 16))
        let checksum = bulk.withUnsafeBytes { Digest128(of: $0).low }
        let requests: [DataRequest] = [
            .clip(split: "train", sample: SampleID(0), frames: 0..<4),
            .state(name: "trainable", offset: 0, length: 1 << 20),
            .part(StatePart(name: "trainable", offset: 0, total: 1 << 16, checksum: checksum)),
        ]
        while flood.goesOn, thrown < mostRequests {
            var isTaken = false
            for dealer in dealers {
                let frames: [Message]
                if thrown % 4 == 3 {
                    let frame = garbage.frame(thrown % 499 == 0 ? 2 << 20 : thrown % 60)
                    frames = [[frame], [frame, frame], [frame, frame, frame]][thrown % 3]
                } else {
                    let request = Stamped(
                        run: RunID(8), term: Term(1), generation: Generation(1), step: Step(1),
                        body: requests[thrown % requests.count])
                    let ticketed = Ticketed(request, ticket: UInt64(thrown))
                    frames = [Message(try ticketed.serialized())] + (thrown % 3 == 2 ? [bulk] : [])
                }
                guard try dealer.trySend(frames) else { continue }
                isTaken = true
                thrown += 1
            }
            if !isTaken { try Socket.pause(dealers) }
        }
        return thrown
    }

    private static func throwChunks(at ports: [UInt16], _ flood: Flood) throws -> Int {
        var thrown = 0
        var garbage = Garbage()
        let context = try Context()
        // Members on one machine find each other by Unix sockets that are named after their ports.
        let addresses = ports.flatMap {
            ["tcp://127.0.0.1:\($0)", "ipc://@lockstep-127.0.0.1:\($0)"]
        }
        let bulk = Message([UInt8](repeating: 0, count: 4096))
        while flood.goesOn, thrown < mostChunks {
            let members = try addresses.map {
                try Socket.stranger(.push, context, at: $0, linger: .milliseconds(100))
            }
            for visit in 0..<chunksAVisit where flood.goesOn {
                var isTaken = false
                for member in members {
                    let envelope = ChunkEnvelope(
                        run: RunID(8),
                        moment: .init(
                            term: Term(1), generation: Generation(UInt64(1 + visit % 2)),
                            step: Step(UInt64(visit))), phase: .partial, chunk: 0,
                        sender: visit % 3, subtree: Subtree(0..<1), checksum: 0)
                    let frames =
                        visit % 4 == 3
                        ? [garbage.frame(visit), garbage.frame(visit)]
                        : [Message(try envelope.frame()), bulk]
                    guard try member.trySend(frames) else { continue }
                    isTaken = true
                    thrown += 1
                }
                if !isTaken { try Socket.pause(members) }
            }
        }
        return thrown
    }
}
