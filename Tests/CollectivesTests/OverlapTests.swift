import Collectives
import Tensors
import Testing
import TrainingProtocol
import ZeroMQ

@Suite("reductions that begin before the last slot is computed")
struct OverlapTests {
    /// Blocks that become final at different stages, the last first, as a backward pass finishes them; the fourth part
    /// shares a chunk with its neighbours.
    private static func parts(count: Int) -> [SlotUnderWay.Part] {
        let cuts = [0, count / 5, count / 3, min(count, count / 3 + 40), count]
        return zip(cuts, cuts.dropFirst()).enumerated().map { index, ends in
            .init(floats: ends.0..<ends.1, stage: 10 - index)
        }
    }

    /// One member's step: its last slot is written stage by stage while the reduction runs.
    private static func reduce(
        _ exchange: GradientExchange, _ tree: SlotTree, _ range: Range<Int>, step: Int, count: Int
    ) throws -> Members.Outcome {
        var accumulator = SlotAccumulator(tree: tree, slots: SlotSet(range), count: count)
        for slot in range.dropLast() {
            let buffer = accumulator.lend()
            fill(buffer, 0..<count, slot: slot, step: step)
            accumulator.finish(Slot(slot), buffer)
        }
        let target = FloatBuffer(count: count)
        guard let slot = range.last else {
            let digest = try exchange.reduce(
                step: Step(UInt64(step + 1)), sums: accumulator.sums, into: target)
            return .init(digest: digest, bits: bits(target.floats))
        }
        let buffer = accumulator.lend()
        buffer.floats.update(repeating: .nan)
        let last = SlotUnderWay(slot: Slot(slot), buffer: buffer, parts: parts(count: count))
        let reduction = try exchange.begin(
            step: Step(UInt64(step + 1)), sums: accumulator.sums, last: last, into: target)
        for part in last.parts.sorted(by: { $0.stage < $1.stage }) {
            fill(buffer, part.floats, slot: slot, step: step)
            last.advance(to: part.stage)
        }
        last.finish()
        accumulator.keep(Slot(slot), buffer)
        let digest = try exchange.finish(reduction)
        return .init(digest: digest, bits: bits(target.floats))
    }

    private static func fill(_ buffer: FloatBuffer, _ floats: Range<Int>, slot: Int, step: Int) {
        let vector = Reference.vector(slot: slot, step: step, count: buffer.count)
        for index in floats { buffer[index] = vector[index] }
    }

    @Test(
        "give the bits of the tree, whoever computes how many slots",
        arguments: [
            (1, [0..<1]), (5, [0..<5]), (4, [0..<2, 2..<4]), (7, [0..<3, 3..<4, 4..<7]),
            (3, [0..<1, 1..<1, 1..<3]), (8, [0..<2, 2..<7, 7..<8, 8..<8]),
        ])
    func partitions(slots: Int, ranges: [Range<Int>]) throws {
        let members = try Members(ranges, slots: slots)
        let counts = [150_001, 16_385, 7]
        let threads = try members.exchanges.indices.map { rank in
            let (exchange, tree, range) = (members.exchanges[rank], members.tree, ranges[rank])
            let membership = members.membership(rank)
            return try DedicatedThread<[Members.Outcome]>(name: "member-\(rank)") {
                try exchange.configure(membership)
                return try counts.enumerated().map { step, count in
                    try Self.reduce(exchange, tree, range, step: step, count: count)
                }
            }
        }
        let expected = counts.enumerated().map { step, count in
            Members.expected(slots: slots, step: step, count: count)
        }
        for thread in threads { #expect(try thread.join() == expected) }
    }

    @Test("leave all sums whole when they are aborted, for the generation that follows")
    func aborted() throws {
        let count = 100_000
        let members = try Members([0..<3, 3..<4], slots: 4)
        let exchange = members.exchanges[0]
        try exchange.configure(members.membership(0))
        var accumulator = SlotAccumulator(tree: members.tree, slots: SlotSet(0..<3), count: count)
        for slot in 0..<2 {
            let buffer = accumulator.lend()
            Self.fill(buffer, 0..<count, slot: slot, step: 0)
            accumulator.finish(Slot(slot), buffer)
        }
        let buffer = accumulator.lend()
        let last = SlotUnderWay(slot: Slot(2), buffer: buffer, parts: Self.parts(count: count))
        let reduction = try exchange.begin(
            step: Step(1), sums: accumulator.sums, last: last, into: FloatBuffer(count: count))
        let first = try #require(last.parts.min { $0.stage < $1.stage })
        Self.fill(buffer, first.floats, slot: 2, step: 0)
        last.advance(to: first.stage)
        exchange.abort(Generation(1), of: Term(1))
        Self.fill(buffer, 0..<count, slot: 2, step: 0)
        last.finish()
        #expect(throws: ExchangeError.aborted(Generation(1))) { try exchange.finish(reduction) }
        accumulator.keep(Slot(2), buffer)
        // The other is gone; its slot is computed here.
        accumulator.assign(SlotSet(0..<4))
        #expect(accumulator.missing == [Slot(3)])
        let more = accumulator.lend()
        Self.fill(more, 0..<count, slot: 3, step: 0)
        accumulator.finish(Slot(3), more)
        let whole = try #require(accumulator.sums.first)
        #expect(whole.subtree == members.tree.root)
        #expect(
            bits(whole.buffer.floats) == Members.expected(slots: 4, step: 0, count: count).bits)
    }
}
