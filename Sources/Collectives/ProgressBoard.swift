import Synchronization
import TrainingProtocol

/// Where the exchange's thread writes, once a turn, how far it is, and any other thread reads it.
final class ProgressBoard: Sendable {
    private struct State {
        let chunks: Int
        var bytes = 0
        var expected: [Expectation]
    }

    private let state = Mutex<State?>(nil)

    func begin(_ reduction: Reduction) {
        let begun = State(chunks: reduction.layout.chunks, expected: reduction.expected)
        state.withLock { $0 = begun }
    }

    func update(_ reduction: Reduction) {
        state.withLock { state in
            state?.bytes = reduction.bytesReceived
            // Element by element, into memory that is there.
            for rank in reduction.expected.indices {
                state?.expected[rank] = reduction.expected[rank]
            }
        }
    }

    func end() { state.withLock { $0 = nil } }

    var progress: ExchangeProgress? {
        guard let state = state.withLock({ $0 }) else { return nil }
        return ExchangeProgress(
            chunks: state.chunks, bytesReceived: state.bytes,
            awaited: state.expected.indices.compactMap { state.expected[$0].awaited(of: $0) })
    }
}

/// What a reduction still expects of one member.
struct Expectation {
    /// Sums of chunks that are not this one's to finish.
    var partials = 0
    /// Chunks that are.
    var reduced = 0
    /// The first chunk of either kind that is not here, as long as there is one.
    var firstPartial: Int
    var firstReduced: Int

    var isEmpty: Bool { partials == 0 && reduced == 0 }

    fileprivate func awaited(of rank: Int) -> ExchangeProgress.Awaited? {
        if isEmpty { return nil }
        return ExchangeProgress.Awaited(
            rank: Rank(rank), owesSums: partials > 0,
            chunk: partials > 0 ? firstPartial : firstReduced)
    }
}
