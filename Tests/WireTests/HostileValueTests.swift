import Testing
import TrainingProtocol
import Wire

@Suite("Values that no sound peer sends")
struct HostileValueTests {
    private func sent(_ body: WorkerMessage, step: UInt64 = 4) throws -> WorkerMessage {
        let message = Stamped(
            run: RunID(1), term: Term(2), generation: Generation(3), step: Step(step), body: body)
        return try Stamped<WorkerMessage>(serialized: message.serialized()).body
    }

    private func hello(host: String = "node", profile: [ProfileEntry] = []) -> WorkerMessage {
        .hello(
            Hello(
                protocolVersion: 1, profile: profile, host: host, process: 1, threads: 1,
                launchToken: ""))
    }

    @Test("steps that cannot be counted on from are refused", arguments: [UInt64.max, 1 << 40])
    func numbers(step: UInt64) throws {
        #expect(throws: WireError.self) { try sent(.leaving(reason: ""), step: step) }
        #expect(throws: WireError.self) {
            try sent(.heartbeat(Progress(activity: .computing, holds: Step(step))))
        }
    }

    @Test("names of any length are refused, and reasons are cut")
    func lengths() throws {
        let long = String(repeating: "x", count: 1 << 18)
        #expect(throws: WireError.self) { try sent(hello(host: long)) }
        let entries = (0..<1000).map { ProfileEntry(name: "\($0)", value: "") }
        #expect(throws: WireError.self) { try sent(hello(profile: entries)) }
        guard case .failed(let reason) = try sent(.failed(reason: long)) else {
            Issue.record("another message")
            return
        }
        #expect(reason.utf8.count == 16 << 10)
    }

    @Test("text moves no cursor and breaks no line")
    func control() throws {
        #expect(
            try sent(.leaving(reason: "a\u{1B}[2J\r\nb\u{202E}"))
                == .leaving(reason: "a [2J  b "))
        #expect(try sent(hello(host: "näme\u{0}")) == hello(host: "näme "))
    }

    @Test("a time-out that would have a worker spin, or wait for ever, is refused")
    func timeouts() throws {
        for timeout in [Duration.zero, .microseconds(1), .seconds(1_000_000)] {
            var introduction = Introduction(
                configuration: "", dataAddress: "",
                dataset: DatasetSummary(
                    digest: Digest(high: 0, low: 0), classNames: [], splits: []))
            introduction.deadlines = Deadlines(worker: timeout)
            let message = Stamped(
                run: RunID(1), term: Term(2), generation: Generation(3), step: Step(4),
                body: CoordinatorMessage.welcome(WorkerID(1), introduction))
            let frame = try message.serialized()
            #expect(throws: WireError.self) { try Stamped<CoordinatorMessage>(serialized: frame) }
        }
    }
}
