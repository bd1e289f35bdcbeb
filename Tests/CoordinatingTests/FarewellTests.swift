import Logging
import Testing
import TrainingProtocol
import Wire
import ZeroMQ

@testable import Coordinating

@Suite("The end of the control connection", .timeLimit(.minutes(1)))
struct FarewellTests {
    /// A coordinator that waits for more workers than come.
    private struct Waiting {
        let inbox: Mailbox<ControlServer.Input>
        let endpoint: String
        /// When it had ended.
        let end: DedicatedThread<ContinuousClock.Instant>

        init() throws {
            let inbox = try Mailbox<ControlServer.Input>()
            let address = try Mailbox<String>()
            end = try DedicatedThread(name: "coordinator") {
                let server = try ControlServer(
                    context: try Context(), address: "tcp://127.0.0.1:0", inbox: inbox,
                    pulse: .milliseconds(500), logger: Logger(label: "test"))
                address.send(server.endpoint)
                var machine = CoordinatorMachine(Self.options)
                let outcome = try server.run(
                    &machine,
                    effects: ControlServer.Effects(
                        append: { _ in }, note: { _ in }, isOwn: { _ in false }))
                #expect(outcome == .stopped(saved: Step(0), reason: "enough"))
                return .now
            }
            self.inbox = inbox
            endpoint = try #require(address.receive(timeout: .seconds(20)))
        }

        private static var options: CoordinatorMachine.Options {
            let summary = DatasetSummary(
                digest: Digest(high: 0, low: 0), classNames: [], splits: [])
            return CoordinatorMachine.Options(
                run: RunID(9), term: Term(1),
                schedule: StepSchedule(seed: 1, samples: 8, batch: 2, slots: 2, epochs: 1),
                introduction: Introduction(configuration: "", dataAddress: "", dataset: summary),
                start: Step(0), workers: 2)
        }
    }

    @Test("a coordinator does not go before its workers have read its last word and closed")
    func lastWord() throws {
        // Each of them might by chance go after its worker.
        for _ in 0..<20 { try seeOff() }
    }

    private func seeOff() throws {
        let coordinator = try Waiting()
        var worker: Socket? = try Socket(.dealer, in: Context())
        try #require(worker).connect(coordinator.endpoint)
        let hello = Hello(
            protocolVersion: protocolVersion, profile: [ProfileEntry(name: "k", value: "1")],
            host: "node", process: 1, threads: 1, launchToken: "")
        let greeting = Stamped(
            run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
            body: WorkerMessage.hello(hello))
        try #require(worker).send([Message(try greeting.serialized())])
        guard case .welcome = try next(worker) else {
            Issue.record("the worker is not welcome")
            return
        }
        coordinator.inbox.send(.event(.stopRequested(reason: "enough")))
        var last: CoordinatorMessage?
        repeat { last = try next(worker) } while last == .alive
        #expect(last == .finish(.stopped, reason: "enough"))
        let closing = ContinuousClock.now
        worker = nil
        #expect(try coordinator.end.join() > closing)
    }

    private func next(_ worker: Socket?) throws -> CoordinatorMessage {
        let frames = try #require(try worker?.receive(timeout: .seconds(20)))
        return try Stamped<CoordinatorMessage>(serialized: frames[0].bytes).body
    }
}
