import Collectives
import Tensors
import Testing
import TrainingProtocol
import ZeroMQ

@Suite("faults of an exchange")
struct ExchangeFaultTests {
    private func expected(_ step: Int) -> Members.Outcome {
        Members.expected(slots: 2, step: step, count: PuppetMember.count)
    }

    private func error(_ thread: DedicatedThread<Members.Outcome>) -> ExchangeError? {
        #expect(throws: ExchangeError.self) { try thread.join() }
    }

    @Test("what is of an older generation, an older step or another run is dropped")
    func olderIsDropped() throws {
        let puppet = try PuppetMember()
        let wrong = [Float](repeating: 1e9, count: PuppetMember.count)
        try puppet.send(step: 3, generation: 4, values: wrong)
        try puppet.send(step: 2, values: wrong)
        try puppet.send(step: 3, run: 8, values: wrong)
        try puppet.send(step: 3)
        #expect(try puppet.reduce(step: 3).join() == expected(3))
        #expect(try puppet.received() == expected(3).bits)
    }

    @Test("what is of a later step or generation is kept until we get there")
    func newerIsKept() throws {
        let puppet = try PuppetMember()
        try puppet.send(step: 2)
        try puppet.send(step: 9, generation: 6)
        try puppet.send(step: 1)
        #expect(try puppet.reduce(step: 1).join() == expected(1))
        #expect(try puppet.reduce(step: 2).join() == expected(2))
        try puppet.configure(generation: 6)
        #expect(try puppet.reduce(step: 9).join() == expected(9))
    }

    @Test("more of a later time than is kept holds up nobody")
    func newerIsBounded() throws {
        let puppet = try PuppetMember()
        for step in 1...200 { try puppet.send(step: step) }
        for step in 1...200 {
            #expect(try puppet.reduce(step: step).join() == expected(step))
        }
    }

    @Test("a damaged chunk is an error that names the peer and the chunk")
    func corrupted() throws {
        let puppet = try PuppetMember()
        try puppet.send(step: 1, checksum: 42)
        let error = error(try puppet.reduce(step: 1))
        #expect(error == .corrupted(peer: Rank(1), step: Step(1), chunk: 0))
        #expect(error?.description.contains("chunk 0 of step 1 from rank 1") == true)
        // The next generation starts afresh.
        try puppet.configure(generation: 6)
        try puppet.send(step: 1, generation: 6)
        #expect(try puppet.reduce(step: 1).join() == expected(1))
    }

    @Test("what no member would send is an error that says what", arguments: 0..<7)
    func violations(kind: Int) throws {
        let puppet = try PuppetMember()
        switch kind {
        case 0: try puppet.send(step: 1, chunk: 1)
        case 1: try puppet.send(step: 1, subtree: Subtree(0..<1))
        case 2: try puppet.send(step: 1, values: [1, 2, 3])
        case 3: try puppet.send(step: 1, phase: .reduced)
        case 4: try puppet.send(step: 1, sender: 2)
        case 5: try puppet.send(step: 1, sender: 0)
        default: try puppet.send(step: 1, chunk: Int(UInt32.max))
        }
        guard case .violation(_, Step(1), let reason) = error(try puppet.reduce(step: 1)) else {
            Issue.record("no violation")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test("frames that are no envelope are dropped, whatever their bytes")
    func fuzz() throws {
        let puppet = try PuppetMember()
        var random = CounterGenerator(state: 11)
        let sound = try ChunkEnvelope(
            run: RunID(7),
            moment: .init(term: Term(1), generation: Generation(4), step: Step(1)), phase: .partial,
            chunk: 0, sender: 1, subtree: Subtree(1..<2), checksum: 1
        ).frame()
        for round in 0..<600 {
            var frame = sound
            switch round % 3 {
            case 0: frame = (0..<round / 3).map { _ in UInt8.random(in: 0...255, using: &random) }
            case 1: frame = Array(sound.prefix(round % sound.count))
            default:
                let frames = (0..<round % 5).map { _ in Message(sound) }
                if !frames.isEmpty { try puppet.outgoing?.send(frames) }
            }
            // With another number of frames than two, so that no accident makes a chunk of this step.
            try puppet.outgoing?.send([Message(frame)])
            _ = ChunkEnvelope(frame)
        }
        try puppet.send(step: 1)
        #expect(try puppet.reduce(step: 1).join() == expected(1))
    }

    @Test("an abort in the middle of a reduction ends it, and the generation")
    func abort() throws {
        let puppet = try PuppetMember()
        try puppet.send(step: 1)
        let first = try puppet.reduce(step: 1)
        #expect(try puppet.received() == expected(1).bits)
        _ = try first.join()
        // No share of step 2 comes.
        let second = try puppet.reduce(step: 2)
        puppet.exchange.abort(Generation(4), of: Term(1))
        puppet.exchange.abort(Generation(5), of: Term(1))
        #expect(error(second) == .aborted(Generation(5)))
        #expect(error(try puppet.reduce(step: 2)) == .aborted(Generation(5)))
        try puppet.configure(generation: 6)
        try puppet.send(step: 2, generation: 6)
        #expect(try puppet.reduce(step: 2).join() == expected(2))
    }

    @Test("an abort releases members that have sent half of their chunks")
    func abortAmongMembers() throws {
        let members = try Members([0..<1, 1..<2, 2..<3], slots: 3)
        let count = 120_000
        // The third never comes.
        let threads = try (0..<2).map { rank in
            let (exchange, tree) = (members.exchanges[rank], members.tree)
            let membership = members.membership(rank)
            let range = members.ranges[rank]
            return try DedicatedThread<ExchangeError?>(name: "member-\(rank)") {
                try exchange.configure(membership)
                let sums = Members.sums(tree, range, step: 0, count: count)
                do throws(ExchangeError) {
                    _ = try exchange.reduce(
                        step: Step(1), sums: sums, into: FloatBuffer(count: count))
                    return nil
                } catch {
                    return error
                }
            }
        }
        members.exchanges[0].abort(Generation(1), of: Term(1))
        #expect(try threads[0].join() == .aborted(Generation(1)))
        // The other hears of it by the abort or by the closed connection, whichever is first.
        members.exchanges[1].abort(Generation(1), of: Term(1))
        switch try threads[1].join() {
        case .aborted(Generation(1)), .connectionLost(Rank(0), _): break
        case let other: Issue.record("\(String(describing: other))")
        }
        let outcomes = try members.reduce(counts: [count], generation: 2)
        let expected = Members.expected(slots: 3, step: 0, count: count)
        #expect(outcomes.allSatisfy { $0 == [expected] })
    }

    @Test("a member whose connection closes is named, and nobody waits for it")
    func connectionLost() throws {
        let puppet = try PuppetMember()
        try puppet.send(step: 1)
        #expect(try puppet.reduce(step: 1).join() == expected(1))
        #expect(try puppet.received() == expected(1).bits)
        let thread = try puppet.reduce(step: 2)
        puppet.outgoing = nil
        puppet.inbox = nil
        guard case .connectionLost(Rank(1), _) = error(thread) else {
            Issue.record("no lost connection")
            return
        }
    }

    @Test("a worker of another run that comes here and goes ends no reduction")
    func visitor() throws {
        let puppet = try PuppetMember()
        for step in 1...50 {
            let thread = try puppet.reduce(step: step)
            try puppet.visit(step: step)
            try puppet.send(step: step)
            #expect(try thread.join() == expected(step))
            #expect(try puppet.received() == expected(step).bits)
        }
    }

    @Test("closing the exchange ends a reduction")
    func close() throws {
        let puppet = try PuppetMember()
        let thread = try puppet.reduce(step: 1)
        puppet.exchange.close()
        #expect(error(thread) == .closed)
    }
}
