import Collectives
import Logging
import Tensors
import Testing
import Training
import TrainingProtocol
import Wire
import ZeroMQ

@testable import Coordinating
@testable import Working

@Suite("A joiner's state", .timeLimit(.minutes(1)))
struct StateFetchTests {
    private let state = SampleState.filled()
    private let context: Context

    init() throws { context = try Context() }

    private func donor(step: Step = Step(3)) throws -> StateDonor {
        let donor = try StateDonor(context: context, bind: "tcp://127.0.0.1:*")
        donor.offer(run: RunID(1), step: step, state: state)
        return donor
    }

    private func fetch(
        from donors: [String], silence: Duration = .milliseconds(300)
    ) throws -> TrainingState {
        let fetch = try StateFetch(
            context: context, run: RunID(1), term: Term(1), silence: silence)
        let fetched = TrainingState(layout: SampleState.layout)
        var transfer = StateTransfer(of: SampleState.layout.vectors, step: Step(3))
        try fetch.fetch(
            SampleState.layout.vectors, from: donors, into: fetched.vectors, &transfer)
        return fetched
    }

    private func background(
        from donors: [String], silence: Duration = .milliseconds(300)
    ) throws -> DedicatedThread<TrainingState> {
        try DedicatedThread(name: "fetch") { [context] in
            let fetch = try StateFetch(
                context: context, run: RunID(1), term: Term(1), silence: silence)
            let fetched = TrainingState(layout: SampleState.layout)
            var transfer = StateTransfer(of: SampleState.layout.vectors, step: Step(3))
            try fetch.fetch(
                SampleState.layout.vectors, from: donors, into: fetched.vectors, &transfer)
            return fetched
        }
    }

    @Test("comes whole from several donors")
    func several() throws {
        let donors = try (0..<3).map { _ in try donor() }
        #expect(try fetch(from: donors.map(\.address)).digest == state.digest)
    }

    @Test("comes whole though one donor is silent and one has another step")
    func badDonors() throws {
        let silent = try PlayedServer()
        let other = try donor(step: Step(2))
        let good = try donor()
        let fetched = try fetch(from: [silent.endpoint, other.address, good.address])
        #expect(fetched.digest == state.digest)
    }

    @Test("comes whole though a donor damages what it sends")
    func damaged() throws {
        let liar = try PlayedServer()
        let good = try donor()
        let address = liar.endpoint
        let fetching = try background(from: [address, good.address])
        for _ in 0..<2 {
            let request = try liar.request()
            guard case .state(let name, let offset, let length) = request.1.message.body else {
                Issue.record("\(request.1)")
                return
            }
            let part = StatePart(name: name, offset: offset, total: 12_000_000, checksum: 1)
            try liar.reply(
                to: request, .part(part), Message([UInt8](repeating: 1, count: length)))
        }
        #expect(try fetching.join().digest == state.digest)
    }

    @Test("waits for a donor that is about to have the state")
    func lateDonor() throws {
        let donor = try donor(step: Step(2))
        let asked = try PlayedServer()
        let fetching = try background(
            from: [donor.address, asked.endpoint], silence: .seconds(2))
        // The first request to the silent one shows that the fetch is under way.
        _ = try asked.request()
        donor.offer(run: RunID(1), step: Step(3), state: state)
        #expect(try fetching.join().digest == state.digest)
    }

    @Test("that nobody has is told as such, with the last reason")
    func nobody() throws {
        let donor = try donor()
        donor.withdraw()
        #expect {
            try fetch(from: [donor.address])
        } throws: { "\($0)".contains("step 3 is not here") }
    }

    @Test("is not waited for after an interruption")
    func interruption() throws {
        let silent = try PlayedServer()
        let fetch = try StateFetch(
            context: context, run: RunID(1), term: Term(1), silence: .seconds(60))
        let endpoint = silent.endpoint
        let thread = try DedicatedThread(name: "fetch") {
            var transfer = StateTransfer(of: SampleState.layout.vectors, step: Step(3))
            try fetch.fetch(
                SampleState.layout.vectors, from: [endpoint],
                into: TrainingState(layout: SampleState.layout).vectors, &transfer)
        }
        fetch.interrupt()
        #expect(throws: WorkingError.aborted) { try thread.join() }
    }

    @Test("comes from the coordinator, too, where that has it")
    func coordinator() throws {
        let sample = try SampleDataset()
        let states = StateStore(
            run: RunID(1), term: Term(1), layout: SampleState.layout,
            newest: NewestState((Step(3), state)), lastStep: Step(9), completed: { _, _ in })
        let server = try DataThread(
            context: context, address: "tcp://127.0.0.1:*", dataset: sample.dataset,
            states: states, logger: Logger(label: "data") { _ in SwiftLogNoOpLogHandler() },
            onFailure: { Issue.record("\($0)") })
        #expect(try fetch(from: [server.endpoint]).digest == state.digest)
        try server.stop()
    }

    @Test("comes from a donor with keys to a member of its generation, and to no one else")
    func locked() throws {
        let owner = try PeerKeys(context: context)
        let donor = try StateDonor(context: context, bind: "tcp://127.0.0.1:*", keys: owner)
        donor.offer(run: RunID(1), step: Step(3), state: state)
        let other = try Context()
        let joiner = try PeerKeys(context: other)
        let attempt = { (silence: Duration) in
            let fetch = try StateFetch(
                context: other, run: RunID(1), term: Term(1), silence: silence,
                role: { address throws(ZeroMQError) in try joiner.client(to: address) })
            let fetched = TrainingState(layout: SampleState.layout)
            var transfer = StateTransfer(of: SampleState.layout.vectors, step: Step(3))
            try fetch.fetch(
                SampleState.layout.vectors, from: [donor.address], into: fetched.vectors, &transfer)
            return fetched.digest
        }
        #expect(throws: WorkingError.self) { try attempt(.milliseconds(20)) }
        owner.admit([joiner.keyed("tcp://127.0.0.1:1")])
        #expect(try attempt(.seconds(2)) == state.digest)
    }
}
