import Synchronization
import TrainingProtocol

/// Where the exchange's thread writes, once a turn, how far it is, and any other thread reads it.
final class ProgressBoard: Sendable {
    private struct State {
        let moment: ChunkEnvelope.Moment
        let chunks: Int
        var arrived = 0
        var bytes = 0
        var lastArrival: ContinuousClock.Instant
        var expected: [Expectation]
        /// By rank.
        var isUndelivered: [Bool]
    }

    private let state = Mutex<State?>(nil)

    func begin(_ reduction: Reduction) {
        let begun = State(
            moment: reduction.moment, chunks: reduction.layout.chunks,
            lastArrival: reduction.lastArrival, expected: reduction.expected,
            isUndelivered: reduction.expected.map { _ in false })
        state.withLock { $0 = begun }
    }

    func update(_ reduction: Reduction, _ lanes: [ExchangeLane]) {
        state.withLock { state in
            state?.arrived = reduction.layout.chunks - reduction.unfinished
            state?.bytes = reduction.bytesReceived
            state?.lastArrival = reduction.lastArrival
            // Element by element, into memory that is there.
            for rank in reduction.expected.indices {
                state?.expected[rank] = reduction.expected[rank]
            }
            for lane in lanes { state?.isUndelivered[lane.rank] = !lane.isDone(reduction) }
        }
    }

    func end() { state.withLock { $0 = nil } }

    var progress: ExchangeProgress? {
        guard let state = state.withLock({ $0 }) else { return nil }
        return ExchangeProgress(
            generation: state.moment.generation, step: state.moment.step,
            chunksArrived: state.arrived, chunks: state.chunks, bytesReceived: state.bytes,
            awaited: state.expected.indices.compactMap { state.expected[$0].awaited(of: $0) },
            undelivered: state.isUndelivered.indices.filter { state.isUndelivered[$0] }
                .map { Rank($0) },
            lastArrival: state.lastArrival)
    }
}

/// What a reduction still expects of one member.
struct Expectation {
    /// Sums of chunks that are not this one's to finish.
    var partials = 0
    /// Chunks that are.
    var reduced = 0
    var bytes = 0
    /// The first chunk of either kind that is not here, as long as there is one.
    var firstPartial: Int
    var firstReduced: Int
    var lastArrival: ContinuousClock.Instant

    var isEmpty: Bool { partials == 0 && reduced == 0 }

    fileprivate func awaited(of rank: Int) -> ExchangeProgress.Awaited? {
        if isEmpty { return nil }
        return ExchangeProgress.Awaited(
            rank: Rank(rank), phase: partials > 0 ? .partial : .reduced,
            chunk: partials > 0 ? firstPartial : firstReduced, pieces: partials + reduced,
            bytes: bytes, lastArrival: lastArrival)
    }
}
