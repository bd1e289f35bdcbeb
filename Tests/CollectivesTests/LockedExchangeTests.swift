import Collectives
import Tensors
import Testing
import TrainingProtocol
import ZeroMQ

@Suite("Exchanges with keys", .timeLimit(.minutes(1)))
struct LockedExchangeTests {
    /// Someone who listens as a member does, with keys and a context of its own, as each process has.
    private final class Party {
        let context: Context
        let keys: PeerKeys
        let exchange: GradientExchange

        init(inTheClear: Bool = false) throws {
            context = try Context()
            keys = try PeerKeys(context: context)
            exchange = try GradientExchange(
                context: context, bind: "tcp://127.0.0.1:*", chunkBytes: Members.chunkBytes,
                connectTimeout: .seconds(10), keys: keys, inTheClear: inTheClear)
        }

        /// A way to someone's inbox that the test writes by itself.
        func way(to other: Party) throws -> (Socket, SocketMonitor) {
            var options = SocketOptions()
            options.linger = .seconds(2)
            let address = PeerAddress(other.exchange.address)
            options.curve = try keys.client(to: address)
            let socket = try Socket(.push, in: context, options: options)
            let monitor = try SocketMonitor(socket)
            try socket.connect(
                address.endpoint.split(separator: " ").first.map(String.init) ?? "")
            return (socket, monitor)
        }
    }

    private let tree = SlotTree(slots: 2)

    private func membership(_ parties: [Party], me: Int) -> ExchangeMembership {
        ExchangeMembership(
            run: RunID(7), term: Term(1), generation: Generation(1), tree: tree,
            members: parties.enumerated().map { rank, party in
                .init(address: party.exchange.address, slots: SlotSet(rank..<rank + 1))
            }, me: Rank(me))
    }

    private func reduce(
        _ parties: [Party], me: Int, count: Int
    ) throws -> DedicatedThread<Members.Outcome> {
        let (exchange, tree, membership) = (
            parties[me].exchange, tree, membership(parties, me: me)
        )
        return try DedicatedThread(name: "member-\(me)") {
            try exchange.configure(membership)
            let target = FloatBuffer(count: count)
            let digest = try exchange.reduce(
                step: Step(1), sums: Members.sums(tree, me..<me + 1, step: 0, count: count),
                into: target)
            return Members.Outcome(digest: digest, bits: target.floats.map(\.bitPattern))
        }
    }

    private func admit(_ admitted: [Party], by parties: [Party]) {
        for party in parties { party.keys.admit(admitted.map(\.exchange.address)) }
    }

    /// A chunk as the second member would send it to the first.
    private func chunkOfSecond() throws -> [Message] {
        let floats = [Float](repeating: 1, count: 1000)
        let envelope = ChunkEnvelope(
            run: RunID(7),
            moment: .init(term: Term(1), generation: Generation(1), step: Step(1)),
            phase: .partial, chunk: 0, sender: 1, subtree: Subtree(1..<2),
            checksum: ChunkEnvelope.checksum(floats))
        return [Message(try envelope.frame()), floats.withUnsafeBytes { Message(copying: $0) }]
    }

    /// Whether a connection comes to stand.
    private func stands(_ monitor: SocketMonitor) throws -> Bool {
        var poller = Poller()
        _ = poller.add(monitor.events, .readable)
        while try poller.wait(timeout: .seconds(10)) > 0 {
            while let event = try monitor.next() {
                if event.kind == .handshakeSucceeded { return true }
            }
        }
        return false
    }

    @Test("get the bits of the tree, also where one is told of the members later")
    func sameBits() throws {
        let parties = [try Party(), try Party()]
        admit(parties, by: [parties[0]])
        let first = try reduce(parties, me: 0, count: 50_001)
        let second = try reduce(parties, me: 1, count: 50_001)
        admit(parties, by: [parties[1]])
        let expected = Members.expected(slots: 2, step: 0, count: 50_001)
        #expect(try first.join() == expected)
        #expect(try second.join() == expected)
    }

    @Test("let in nobody who is no member of the generation")
    func stranger() throws {
        let parties = [try Party(), try Party()]
        let stranger = try Party()
        admit(parties, by: parties)
        let (socket, monitor) = try stranger.way(to: parties[0])
        try socket.send([Message("chunk"), Message("of nothing")])
        let threads = try (0..<2).map { try reduce(parties, me: $0, count: 1000) }
        for thread in threads {
            #expect(try thread.join() == Members.expected(slots: 2, step: 0, count: 1000))
        }
        while let event = try monitor.next() { #expect(event.kind != .handshakeSucceeded) }
    }

    @Test("in the clear get the bits too, and take nothing whose seal is missing or wrong")
    func sealed() throws {
        let parties = [try Party(inTheClear: true), try Party(inTheClear: true)]
        admit(parties, by: parties)
        var options = SocketOptions()
        options.linger = .seconds(2)
        let stranger = try Socket(.push, in: Context(), options: options)
        let monitor = try SocketMonitor(stranger)
        let endpoint = PeerAddress(parties[0].exchange.address).endpoint.split(separator: " ")[0]
        try stranger.connect(String(endpoint))
        let frames = try chunkOfSecond()
        let key = try #require(PeerAddress(parties[1].exchange.address).key)
        try stranger.send(frames)
        try stranger.send(frames + [Message(key.bytes + [UInt8](repeating: 3, count: 80))])
        #expect(try stands(monitor))
        let threads = try (0..<2).map { try reduce(parties, me: $0, count: 1000) }
        for thread in threads {
            #expect(try thread.join() == Members.expected(slots: 2, step: 0, count: 1000))
        }
    }

    @Test("do not take one member's chunk for another's")
    func impostor() throws {
        let parties = [try Party(), try Party()]
        let impostor = try Party()
        admit(parties + [impostor], by: parties)
        let (socket, monitor) = try impostor.way(to: parties[0])
        try socket.send(chunkOfSecond())
        #expect(try stands(monitor))
        let threads = try (0..<2).map { try reduce(parties, me: $0, count: 1000) }
        for thread in threads {
            #expect(try thread.join() == Members.expected(slots: 2, step: 0, count: 1000))
        }
    }

    @Test("send nothing in the clear to an address without a key")
    func noDowngrade() throws {
        let party = try Party()
        let inbox = try Socket(.pull, in: try Context())
        let endpoint = try inbox.bind("tcp://127.0.0.1:*")
        let membership = ExchangeMembership(
            run: RunID(7), term: Term(1), generation: Generation(1), tree: tree,
            members: [
                .init(address: party.exchange.address, slots: SlotSet(0..<1)),
                .init(address: endpoint, slots: SlotSet(1..<2)),
            ], me: Rank(0))
        #expect(throws: ExchangeError.unreachable(peer: Rank(1), address: endpoint)) {
            try party.exchange.configure(membership)
        }
    }

    @Test("addresses are read with and without a key")
    func addresses() throws {
        let plain = PeerAddress("tcp://10.0.0.1:1 machine ipc://@x")
        #expect(plain.key == nil && plain.endpoint == "tcp://10.0.0.1:1 machine ipc://@x")
        let party = try Party()
        let keyed = PeerAddress(party.keys.keyed("tcp://10.0.0.1:1"))
        #expect(keyed.key != nil && keyed.endpoint == "tcp://10.0.0.1:1")
        #expect(PeerAddress("tcp://10.0.0.1:1 curve=short").key == nil)
    }
}
