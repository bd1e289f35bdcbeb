import Collectives
import Foundation
import Tensors
import TrainingProtocol
import ZeroMQ

/// Processes that meet at the one that started them, and reduce a known vector round after round.
///
/// The leader says when a round begins, so that no process starts early, and takes each one's time. All
/// frames between leader and participants are text.
struct AllReduceBenchmark {
    enum Transport: String {
        /// What workers do: Unix sockets within a machine.
        case automatic
        /// As between machines, over loopback.
        case tcp
    }

    let workers: Int
    /// Floats of the vector.
    let count: Int
    let rounds: Int
    let slots: Int
    let chunkBytes: Int
    let transport: Transport
    let protection: Protection

    /// What keeps others from reading and changing chunks.
    enum Protection: String {
        case none
        case encrypted
        /// In the clear, with proof of who sent each chunk.
        case authenticated
    }

    /// A round of all participants.
    struct Round {
        /// Of the slowest.
        var seconds: Double
        /// Of the processors, of all participants together.
        var processorSeconds: Double
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Without a word for so long a participant counts as stuck.
    fileprivate static let patience = Duration.seconds(120)

    private var tree: SlotTree { SlotTree(slots: slots) }

    /// The sums of some slots. A slot's vector is made of small odd fractions, whose sum depends on the
    /// order of additions.
    private func accumulated(_ range: Range<Int>) -> SlotAccumulator {
        var accumulator = SlotAccumulator(
            tree: tree, slots: SlotSet(range), count: count)
        for slot in range {
            let buffer = accumulator.lend()
            let seed = UInt32(slot + 1) &* 2_654_435_761
            let base = buffer.base
            for index in 0..<count {
                let bits = (UInt32(truncatingIfNeeded: index) &* 747_796_405 &+ seed) >> 8
                base[index] = Float(bits) * 0x1p-23 - 1
            }
            accumulator.finish(Slot(slot), buffer)
        }
        return accumulator
    }
}

// MARK: - Leading

extension AllReduceBenchmark {
    /// Starts the participants and runs all rounds.
    ///
    /// - Parameter arguments: the command line of a participant.
    func lead(arguments: (_ rank: Int, _ rendezvous: String) -> [String]) throws -> [Round] {
        let meeting = try Meeting(workers: workers, arguments: arguments)
        defer { meeting.end() }
        let addresses = try meeting.hearEveryone().map { $0[0] }
        try meeting.tellEveryone(addresses)
        let whole = accumulated(0..<slots)
        let expected = VectorDigest.of(UnsafeBufferPointer(whole.sums[0].buffer.floats))
        var taken: [Round] = []
        for round in 0..<rounds {
            _ = try meeting.hearEveryone()
            try meeting.tellEveryone(["go"])
            let outcomes = try meeting.hearEveryone()
            for (rank, outcome) in outcomes.enumerated() where outcome.last != expected.description
            {
                throw Failure(
                    description: "round \(round): process \(rank) has other bits than one process")
            }
            taken.append(
                Round(
                    seconds: outcomes.compactMap { Double($0[0]) }.max() ?? 0,
                    processorSeconds: outcomes.compactMap { Double($0[1]) }.reduce(0, +)))
        }
        try meeting.tellEveryone(["end"])
        meeting.waitForExit()
        return taken
    }

    /// The leader's end of the conversation.
    private final class Meeting {
        private let router: Socket
        private var processes: [Process] = []
        /// Words that came before they were asked for: who is done is soon ready for the next round.
        private var heard: [[[String]]]

        init(workers: Int, arguments: (Int, String) -> [String]) throws {
            router = try Socket(.router, in: try Context())
            heard = Array(repeating: [], count: workers)
            let rendezvous = try router.bind("tcp://127.0.0.1:*")
            for rank in 0..<workers {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
                process.arguments = arguments(rank, rendezvous)
                try process.run()
                processes.append(process)
            }
        }

        /// The next message of every participant, in rank order.
        func hearEveryone() throws -> [[String]] {
            let deadline = ContinuousClock.now + AllReduceBenchmark.patience
            while heard.contains(where: \.isEmpty) {
                if let frames = try router.receive(timeout: .milliseconds(200)) {
                    let text = frames.compactMap(\.text)
                    guard text.count == frames.count, text.count > 1, let rank = Int(text[0]),
                        heard.indices.contains(rank)
                    else { throw Failure(description: "a stranger spoke at the rendezvous") }
                    heard[rank].append(Array(text.dropFirst()))
                } else if let rank = processes.firstIndex(where: { !$0.isRunning }) {
                    throw Failure(description: "process \(rank) ended early; see its message above")
                } else if ContinuousClock.now > deadline {
                    throw Failure(
                        description: "a process said nothing for \(AllReduceBenchmark.patience)")
                }
            }
            return heard.indices.map { heard[$0].removeFirst() }
        }

        func tellEveryone(_ words: [String]) throws {
            for rank in heard.indices {
                try router.send([Message("\(rank)")] + words.map { Message($0) })
            }
        }

        func waitForExit() {
            for process in processes { process.waitUntilExit() }
        }

        /// Stops what still runs, after a failure.
        func end() {
            for process in processes where process.isRunning { process.terminate() }
            waitForExit()
        }
    }
}

// MARK: - Taking part

extension AllReduceBenchmark {
    /// What a started process does.
    func takePart(rank: Int, rendezvous: String) throws {
        let context = try Context()
        var options = SocketOptions()
        options.routingID = Array("\(rank)".utf8)
        options.linger = .seconds(2)
        let dealer = try Socket(.dealer, in: context, options: options)
        try dealer.connect(rendezvous)
        let keys = protection == .none ? nil : try PeerKeys(context: context)
        let exchange = try GradientExchange(
            context: context, bind: "tcp://127.0.0.1:*", chunkBytes: chunkBytes, keys: keys,
            inTheClear: protection == .authenticated)
        let address = exchange.address
        let words = PeerAddress(address).endpoint.split(separator: " ").map(String.init)
        let endpoint = words.first.map { keys?.keyed($0) ?? $0 } ?? address
        try dealer.send([Message(transport == .tcp ? endpoint : address)])
        let addresses = try hear(dealer)
        keys?.admit(addresses)
        let ranges = (0..<workers).map { $0 * slots / workers..<($0 + 1) * slots / workers }
        try exchange.configure(
            ExchangeMembership(
                run: RunID(1), term: Term(1), generation: Generation(1), tree: tree,
                members: zip(addresses, ranges).map { .init(address: $0, slots: SlotSet($1)) },
                me: Rank(rank)))
        let accumulator = accumulated(ranges[rank])
        let target = FloatBuffer(count: count)
        for round in 1...rounds {
            try dealer.send([Message("ready")])
            _ = try hear(dealer)
            let start = ContinuousClock.now
            let processor = ProcessorTime.ofThisProcess
            let digest = try exchange.reduce(
                step: Step(UInt64(round)), sums: accumulator.sums, into: target)
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            let taken = ProcessorTime.ofThisProcess - processor
            try dealer.send([
                Message("\(elapsed)"), Message("\(taken)"), Message(digest.description),
            ])
        }
        _ = try hear(dealer)
        exchange.close()
    }

    private func hear(_ dealer: Socket) throws -> [String] {
        guard let frames = try dealer.receive(timeout: Self.patience) else {
            throw Failure(description: "the leading process said nothing for \(Self.patience)")
        }
        return frames.compactMap(\.text)
    }
}
