import ClipDatasets
import Logging
import Tensors
import Testing
import Training
import TrainingProtocol
import Wire
import ZeroMQ

@testable import Coordinating
@testable import Working

@Suite("The data connection", .timeLimit(.minutes(1)))
struct DataConnectionTests {
    private let sample: SampleDataset
    private let keys = (0..<SampleDataset.clips).map(SampleDataset.key)
    private let logger = Logger(label: "data") { _ in SwiftLogNoOpLogHandler() }

    init() throws { sample = try SampleDataset() }

    private func server(
        at address: String = "tcp://127.0.0.1:*",
        completed: @escaping @Sendable (Step, TrainingState) -> Void = { _, _ in }
    ) throws -> DataThread {
        let states = StateStore(
            run: RunID(1), term: Term(1), layout: SampleState.layout,
            newest: NewestState((Step(3), SampleState.filled())), lastStep: Step(9),
            completed: completed)
        return try DataThread(
            context: try Context(), address: address, dataset: sample.dataset, states: states,
            logger: logger, onFailure: { Issue.record("\($0)") })
    }

    private func expectAll(_ client: SampleClient) throws {
        for (index, key) in keys.enumerated() {
            let delivery = try client.lane.take(key)
            #expect(delivery.clip.index == index)
            #expect(delivery.label == index % 2)
        }
    }

    @Test(
        "clips come in order though replies were reordered, and a new server had to answer the rest"
    )
    func restartedServer() throws {
        var played: PlayedServer? = try PlayedServer()
        let endpoint = try #require(played).endpoint
        let client = try SampleClient(address: endpoint)
        client.lane.want(keys)
        let requests = try keys.map { _ in try #require(played).request() }
        for number in [5, 0, 7, 1] {
            try #require(played).serve(requests[number], from: sample.dataset)
        }
        // What the client took shows that the connection stood, and that replies were on their way.
        #expect(try client.lane.take(keys[0]).clip.index == 0)
        played = nil
        let server = try server(at: endpoint)
        for (index, key) in keys.enumerated().dropFirst() {
            #expect(try client.lane.take(key).clip.index == index)
        }
        client.lane.want(keys)
        try expectAll(client)
        try client.stop()
        try server.stop()
    }

    @Test("a reply that comes damaged or twice is asked for again or dropped, and order is kept")
    func damagedReply() throws {
        let played = try PlayedServer()
        let client = try SampleClient(address: played.endpoint)
        client.lane.want(keys)
        let requests = try keys.map { _ in try played.request() }
        for (number, request) in requests.enumerated() {
            try played.serve(request, from: sample.dataset, damaged: number == 2)
            if number == 4 { try played.serve(request, from: sample.dataset) }
        }
        let again = try played.request()
        #expect(again.1 == requests[2].1)
        try played.serve(again, from: sample.dataset)
        try expectAll(client)
        try client.stop()
    }

    @Test("a clip that comes damaged again and again is named, and nothing is taken for it")
    func alwaysDamaged() throws {
        let played = try PlayedServer()
        let client = try SampleClient(address: played.endpoint)
        client.lane.want([keys[3]])
        for _ in 0..<4 {
            try played.serve(try played.request(), from: sample.dataset, damaged: true)
        }
        for _ in 0..<2 {
            #expect {
                try client.lane.take(keys[3])
            } throws: { "\($0)".contains("clip 3 of train") && "\($0)".contains("damaged") }
        }
        try client.stop()
    }

    @Test("clips taken out of their order are an error that stays")
    func outOfOrder() throws {
        let server = try server()
        let client = try SampleClient(address: server.endpoint)
        client.lane.want(keys)
        for _ in 0..<2 {
            #expect(throws: WorkingError.self) { try client.lane.take(keys[1]) }
        }
        try client.stop()
        try server.stop()
    }

    @Test("an interruption wakes who waits for a clip, and after a new deal other clips come")
    func interruption() throws {
        let played = try PlayedServer()
        let client = try SampleClient(address: played.endpoint)
        client.lane.want([keys[0], keys[1]])
        let stale = [try played.request(), try played.request()]
        client.lane.interrupt()
        #expect(throws: WorkingError.aborted) { try client.lane.take(keys[0]) }
        #expect(throws: WorkingError.aborted) { try client.lane.take(keys[0]) }
        client.lane.restart()
        client.lane.want([keys[5], keys[1]])
        let fresh = [try played.request(), try played.request()]
        // What was asked for before the new deal comes late, and is not taken for anything.
        for request in stale + fresh { try played.serve(request, from: sample.dataset) }
        #expect(try client.lane.take(keys[5]).clip.index == 5)
        #expect(try client.lane.take(keys[1]).clip.index == 1)
        try client.stop()
    }

    @Test("the end of the thread reaches who waits for clips, and who asks later")
    func failureReachesAll() throws {
        let played = try PlayedServer()
        let client = try SampleClient(address: played.endpoint)
        let failures = try Mailbox<WorkingError>()
        client.orders.send(
            .upload(step: Step(4), StateLoan(SampleState.filled())) { failures.send($0) })
        client.lane.want(keys)
        let request = try played.request()
        try played.router.send([request.sender, Message("no reply of this protocol")])
        #expect(throws: WorkingError.self) { try client.lane.take(keys[0]) }
        for _ in 0..<2 {
            #expect("\(try #require(failures.receive(timeout: nil)))".contains("data connection"))
            client.orders.send(
                .upload(step: Step(4), StateLoan(SampleState.filled())) { failures.send($0) })
        }
        #expect(throws: WorkingError.self) { try client.lane.take(keys[1]) }
        try client.stop()
    }

    @Test("a connection that cannot be made reaches who asks")
    func badAddress() throws {
        let client = try SampleClient(address: "nowhere")
        #expect(throws: WorkingError.self) { try client.lane.take(keys[0]) }
        try client.stop()
    }

    @Test("the end of the coordinator's data thread is told, and its cause")
    func serverEnds() throws {
        let context = try Context()
        let failures = try Mailbox<String>()
        let states = StateStore(
            run: RunID(1), term: Term(1), layout: SampleState.layout, newest: NewestState(nil),
            lastStep: Step(9),
            completed: { _, _ in })
        let server = try DataThread(
            context: context, address: "tcp://127.0.0.1:*", dataset: sample.dataset,
            states: states, logger: logger, onFailure: failures.send)
        context.shutdown()
        let failure = try #require(failures.receive(timeout: nil))
        #expect(failure.contains("data connection"))
        #expect(throws: ZeroMQError.self) { try server.stop() }
    }

    @Test("a worker of another term is refused")
    func otherTerm() throws {
        let server = try server()
        let client = try SampleClient(address: server.endpoint, term: Term(2))
        client.lane.want(keys)
        #expect { try client.lane.take(keys[0]) } throws: { "\($0)".contains("term 1, not 2") }
        try client.stop()
        try server.stop()
    }
}
