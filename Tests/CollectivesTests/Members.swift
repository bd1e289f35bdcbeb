import Collectives
import Tensors
import TrainingProtocol
import ZeroMQ

/// Members of a generation in one process, each with its exchange.
struct Members {
    let exchanges: [GradientExchange]
    let tree: SlotTree
    let ranges: [Range<Int>]

    /// Chunks of one block, so that short vectors have several.
    static let chunkBytes = VectorDigest.blockFloats * 4

    /// Members reach each other by Unix sockets, as on one machine, or by TCP, as between machines.
    let overTCP: Bool

    init(_ ranges: [Range<Int>], slots: Int, overTCP: Bool = false) throws {
        self.overTCP = overTCP
        let context = try Context()
        self.ranges = ranges
        tree = SlotTree(slots: slots)
        exchanges = try ranges.map { _ in
            try GradientExchange(
                context: context, bind: "tcp://127.0.0.1:*", chunkBytes: Self.chunkBytes)
        }
    }

    func membership(_ rank: Int, generation: UInt64 = 1) -> ExchangeMembership {
        ExchangeMembership(
            run: RunID(7), term: Term(1), generation: Generation(generation), tree: tree,
            members: zip(exchanges, ranges).map { exchange, slots in
                .init(
                    address: overTCP ? tcpEndpoint(of: exchange) : exchange.address,
                    slots: SlotSet(slots))
            },
            me: Rank(rank))
    }

    /// The sums that a member holds after computing its slots.
    static func sums(
        _ tree: SlotTree, _ range: Range<Int>, step: Int, count: Int
    ) -> [(subtree: Subtree, buffer: FloatBuffer)] {
        var accumulator = SlotAccumulator(tree: tree, slots: SlotSet(range), count: count)
        for slot in range {
            let buffer = accumulator.lend()
            for (index, value) in Reference.vector(slot: slot, step: step, count: count)
                .enumerated()
            {
                buffer[index] = value
            }
            accumulator.finish(Slot(slot), buffer)
        }
        return accumulator.sums
    }

    /// Every member reduces vectors of these lengths, one a step, in a thread of its own.
    ///
    /// - Returns: for every member and step, digest and bits.
    func reduce(counts: [Int], generation: UInt64 = 1) throws -> [[Outcome]] {
        let threads = try exchanges.indices.map { rank in
            let (exchange, tree, range) = (exchanges[rank], tree, ranges[rank])
            let membership = membership(rank, generation: generation)
            return try DedicatedThread<[Outcome]>(name: "member-\(rank)") {
                try exchange.configure(membership)
                return try counts.enumerated().map { index, count in
                    let target = FloatBuffer(count: count)
                    let digest = try exchange.reduce(
                        step: Step(UInt64(index + 1)),
                        sums: Self.sums(tree, range, step: index, count: count), into: target)
                    return Outcome(digest: digest, bits: bits(target.floats))
                }
            }
        }
        return try threads.map { try $0.join() }
    }

    struct Outcome: Equatable {
        let digest: Digest
        let bits: [UInt32]
    }

    /// What everyone must get.
    static func expected(slots: Int, step: Int, count: Int) -> Outcome {
        let sum = Reference.sum(
            of: (0..<slots).map { Reference.vector(slot: $0, step: step, count: count) })
        return Outcome(
            digest: sum.withUnsafeBufferPointer { VectorDigest.of($0) }, bits: bits(sum))
    }
}

/// The part of an exchange's address that is good everywhere.
func tcpEndpoint(of exchange: GradientExchange) -> String {
    exchange.address.split(separator: " ").first.map(String.init) ?? exchange.address
}
