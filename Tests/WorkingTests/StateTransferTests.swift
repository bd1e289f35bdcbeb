import Logging
import Tensors
import Testing
import Training
import TrainingProtocol
import Wire
import ZeroMQ

@testable import Coordinating
@testable import Working

@Suite("States that move", .timeLimit(.minutes(1)))
struct StateTransferTests {
    private let completed: Mailbox<TrainingState>
    private let sample: SampleDataset
    private let state = SampleState.filled()

    init() throws {
        completed = try Mailbox()
        sample = try SampleDataset()
    }

    private func server(at address: String = "tcp://127.0.0.1:*") throws -> DataThread {
        let states = StateStore(
            run: RunID(1), term: Term(1), layout: SampleState.layout,
            newest: NewestState((Step(3), state)),
            lastStep: Step(9)
        ) { [completed] _, state in completed.send(state) }
        return try DataThread(
            context: try Context(), address: address, dataset: sample.dataset, states: states,
            logger: Logger(label: "data") { _ in SwiftLogNoOpLogHandler() },
            onFailure: { Issue.record("\($0)") })
    }

    private func upload(by client: SampleClient) {
        client.orders.send(.upload(step: Step(4), StateLoan(state)) { Issue.record("\($0)") })
    }

    @Test(
        "an upload goes on though its pieces were damaged, and acknowledgements lost with the connection"
    )
    func uploadResumed() throws {
        var played: PlayedServer? = try PlayedServer()
        let endpoint = try #require(played).endpoint
        let client = try SampleClient(address: endpoint)
        upload(by: client)
        let first = try #require(played).request()
        try #require(played).reply(to: first, .damaged, nil)
        var seen = try #require(played).request()
        while seen.1.ticket != first.1.ticket { seen = try #require(played).request() }
        #expect(seen.1 == first.1)
        played = nil
        let server = try server(at: endpoint)
        #expect(try #require(completed.receive(timeout: nil)).digest == state.digest)
        try client.stop()
        try server.stop()
    }

    @Test("a survivor uploads what another worker began, and that one's late pieces are refused")
    func takenOver() throws {
        let server = try server()
        let dead = try Socket(.dealer, in: try Context())
        try dead.connect(server.endpoint)
        let bytes = [UInt8](repeating: 9, count: 4096)
        let part = StatePart(
            name: "trainable", offset: 0, total: 12_000_000,
            checksum: bytes.withUnsafeBytes { Digest128(of: $0).low }, upload: 1)
        func send() throws -> DataReply {
            let stamped = Stamped(
                run: RunID(1), term: Term(1), generation: Generation(0), step: Step(4),
                body: DataRequest.part(part))
            try dead.send([
                Message(try Ticketed(stamped, ticket: 1).serialized()), Message(bytes),
            ])
            return try Ticketed<DataReply>(serialized: try dead.receive()[0].bytes).message.body
        }
        #expect(try send() == .accepted)
        let survivor = try SampleClient(address: server.endpoint)
        upload(by: survivor)
        #expect(try #require(completed.receive(timeout: nil)).digest == state.digest)
        guard case .failure = try send() else {
            Issue.record("a late piece was taken in")
            return
        }
        try survivor.stop()
        try server.stop()
    }
}
