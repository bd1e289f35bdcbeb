import Collectives
import Synchronization
import TrainingProtocol
import ZeroMQ

/// What the compute thread shares with the control thread: its orders, and how it is interrupted while it waits for
/// clips, for neighbours or for a state.
final class ComputeControl: Sendable {
    let orders: Mailbox<ComputeOrder>
    /// What belongs to an older generation is not wanted any more.
    private let oldest = Atomic<UInt64>(0)
    private let waits = Mutex(Waits())

    private struct Waits {
        var term = Term(0)
        var exchange: GradientExchange?
        var lanes: [ClipLane] = []
        var fetch: StateFetch?
        var shown: Awaiting?
    }

    init() throws(ZeroMQError) { orders = try Mailbox() }

    /// Ends what is under way for generations before this one as soon as it can.
    func interrupt(before generation: Generation) {
        oldest.store(generation.rawValue, ordering: .releasing)
        let waits = waits.withLock { $0 }
        if generation.rawValue > 0 {
            waits.exchange?.abort(Generation(generation.rawValue - 1), of: waits.term)
        }
        for lane in waits.lanes { lane.interrupt() }
        waits.fetch?.interrupt()
    }

    /// Whether what belongs to this generation is still wanted.
    func wants(_ generation: Generation) -> Bool {
        oldest.load(ordering: .acquiring) <= generation.rawValue
    }

    /// Lets others see how far the compute thread is with what it does; nil: it is done.
    func show(_ progress: Awaiting?) { waits.withLock { $0.shown = progress } }

    /// How far what is under way is: a state or an evaluation, or else the reduction.
    var awaiting: Awaiting? {
        let waits = waits.withLock { $0 }
        return waits.shown
            ?? waits.exchange?.progress.map { progress in
                // Whoever owes its sums holds up all the others, who owe finished chunks only for that.
                let owing = progress.awaited.filter(\.owesSums)
                let awaited = owing.isEmpty ? progress.awaited : owing
                return Awaiting(
                    ranks: awaited.map(\.rank),
                    chunk: awaited.map(\.chunk).min() ?? progress.chunks,
                    chunks: progress.chunks, bytes: progress.bytesReceived)
            }
    }

    func publish(_ exchange: GradientExchange, _ lanes: [ClipLane], in term: Term) {
        waits.withLock {
            $0.exchange = exchange
            $0.lanes = lanes
            $0.term = term
        }
    }

    /// Makes a fetch interruptible while `body` runs, and ends it at once where its generation is not wanted.
    func during<Value>(
        _ fetch: StateFetch, of generation: Generation, _ body: () throws -> Value
    ) throws -> Value {
        waits.withLock { $0.fetch = fetch }
        defer { waits.withLock { $0.fetch = nil } }
        // The interruption may have come just before it could reach the fetch.
        guard wants(generation) else { throw WorkingError.aborted }
        return try body()
    }
}
