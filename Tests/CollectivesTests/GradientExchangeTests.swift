import Collectives
import Tensors
import Testing
import TrainingProtocol
import ZeroMQ

@Suite("gradient exchanges")
struct GradientExchangeTests {
    @Test(
        "any members, with any slots, get the bits of the tree",
        arguments: [
            (1, [0..<1]), (5, [0..<5]), (4, [0..<2, 2..<4]), (5, [0..<1, 1..<5]),
            (7, [0..<3, 3..<4, 4..<7]), (3, [0..<1, 1..<1, 1..<3]),
            (8, [0..<2, 2..<7, 7..<8, 8..<8]),
            (6, [0..<0, 0..<1, 1..<2, 2..<5, 5..<6]), (1, [0..<0, 0..<1, 1..<1]),
        ])
    func partitions(slots: Int, ranges: [Range<Int>]) throws {
        let members = try Members(ranges, slots: slots)
        let counts = [50_001, 16_384, 16_385, 1]
        let expected = counts.enumerated().map { step, count in
            Members.expected(slots: slots, step: step, count: count)
        }
        for outcomes in try members.reduce(counts: counts) { #expect(outcomes == expected) }
    }

    @Test("a thousand small reductions of random lengths")
    func manySmall() throws {
        var random = CounterGenerator(state: 3)
        let counts = (0..<1000).map { _ in Int.random(in: 1...40, using: &random) }
        let members = try Members([0..<2, 2..<3, 3..<5], slots: 5)
        let outcomes = try members.reduce(counts: counts)
        for (step, count) in counts.enumerated() {
            let expected = Members.expected(slots: 5, step: step, count: count)
            for member in outcomes { #expect(member[step] == expected) }
        }
    }

    @Test("a vector without floats is reduced to one")
    func empty() throws {
        let outcomes = try Members([0..<1, 1..<2], slots: 2).reduce(counts: [0, 3])
        #expect(outcomes[0] == outcomes[1])
        #expect(outcomes[0][0].bits.isEmpty)
    }

    @Test("generation follows generation, by Unix sockets or TCP", arguments: [false, true])
    func generations(overTCP: Bool) throws {
        let members = try Members([0..<1, 1..<4], slots: 4, overTCP: overTCP)
        for generation in UInt64(1)...5 {
            let outcomes = try members.reduce(counts: [50_000], generation: generation)
            let expected = Members.expected(slots: 4, step: 0, count: 50_000)
            #expect(outcomes == [[expected], [expected]])
        }
    }

    @Test("an address that is none is refused")
    func badAddress() throws {
        let exchange = try GradientExchange(context: try Context(), bind: "tcp://127.0.0.1:*")
        let membership = ExchangeMembership(
            run: RunID(1), term: Term(1), generation: Generation(1), tree: SlotTree(slots: 2),
            members: [
                .init(address: exchange.address, slots: SlotSet(0..<1)),
                .init(address: "nowhere", slots: SlotSet(1..<2)),
            ], me: Rank(0))
        #expect(throws: ExchangeError.self) { try exchange.configure(membership) }
    }

    @Test("nothing is reduced before the members are known, or after the close")
    func order() throws {
        let exchange = try GradientExchange(context: try Context(), bind: "tcp://127.0.0.1:*")
        let tree = SlotTree(slots: 1)
        let sums = Members.sums(tree, 0..<1, step: 0, count: 4)
        #expect(throws: ExchangeError.notConfigured) {
            try exchange.reduce(step: Step(1), sums: sums, into: FloatBuffer(count: 4))
        }
        exchange.close()
        #expect(throws: ExchangeError.closed) {
            try exchange.reduce(step: Step(1), sums: sums, into: FloatBuffer(count: 4))
        }
    }

    @Test("an advertised host takes the place of the bound one")
    func advertisedHost() throws {
        let exchange = try GradientExchange(
            context: try Context(), bind: "tcp://*:*", advertise: "node-3")
        #expect(tcpEndpoint(of: exchange).hasPrefix("tcp://node-3:"))
        #expect(throws: ZeroMQError.self) {
            _ = try GradientExchange(context: try Context(), bind: "tcp://192.0.2.1:5000")
        }
    }
}
