import ClipDatasets
import Synchronization
import Tensors
import TrainingProtocol
import Wire
import ZeroMQ

/// Clips on their way from the coordinator to the compute thread, in the order in which they will be needed.
///
/// Training and evaluation have a lane each, so that clips fetched ahead for one never hold up the other.
final class ClipLane: Sendable {
    /// Of the compute thread, to the thread that fetches.
    enum Command: Sendable {
        case want([ClipRequestKey])
        case taken(bytes: Int)
        /// What was announced before is not wanted any more; deliveries are of this round from now on.
        case restart(round: Int)
    }

    /// What reaches the compute thread.
    private enum Arrival: Sendable {
        case clip(round: Int, Result<Delivery, WorkingError>)
        case interruption
    }

    struct Delivery: Sendable {
        let key: ClipRequestKey
        let clip: EncodedClip
        let label: Int
    }

    let commands: Mailbox<Command>
    private let arrivals: Mailbox<Arrival>
    private let state = Mutex(State())

    private struct State {
        /// Rises with every restart, so that what is late is told from what is wanted.
        var round = 0
        /// Why no clip of this round can be taken any more.
        var failure: WorkingError?
    }

    init() throws(ZeroMQError) {
        commands = try Mailbox()
        arrivals = try Mailbox()
    }

    /// Announces clips that will be taken, in this order, after those announced before.
    func want(_ keys: [ClipRequestKey]) { commands.send(.want(keys)) }

    /// Forgets all that was announced and not taken. From the compute thread.
    func restart() {
        let round = state.withLock { state in
            state.round += 1
            state.failure = nil
            return state.round
        }
        // An interruption that nobody waited for ends with the round that it was for.
        _ = arrivals.drain()
        commands.send(.restart(round: round))
    }

    /// Wakes the compute thread where it waits for a clip, or when it does next; until the next restart no clip
    /// can be taken. From any thread.
    func interrupt() { arrivals.send(.interruption) }

    /// Waits for the next clip, which must be the one announced as `key`.
    ///
    /// - Throws: `WorkingError` where it cannot be had, and from then on until a restart: what comes behind it would
    ///   be taken for what does not. `.aborted` after an interruption.
    func take(_ key: ClipRequestKey) throws(WorkingError) -> Delivery {
        let (round, failure) = state.withLock { ($0.round, $0.failure) }
        if let failure { throw failure }
        do throws(WorkingError) {
            let delivery = try next(of: round)
            guard delivery.key == key else {
                throw Self.fault(key, "clip \(delivery.key.sample) is next in its lane")
            }
            commands.send(.taken(bytes: key.bytes))
            return delivery
        } catch {
            state.withLock { $0.failure = error }
            throw error
        }
    }

    private func next(of round: Int) throws(WorkingError) -> Delivery {
        while true {
            guard let arrival = arrivals.receive(timeout: nil) else {
                preconditionFailure("a wait without a time-out ends with an element")
            }
            switch arrival {
            case .interruption: throw .aborted
            case .clip(round, let result): return try result.get()
            case .clip: continue
            }
        }
    }

    /// - Parameter round: Of the restart that was heard of last.
    func deliver(_ result: Result<Delivery, WorkingError>, round: Int) {
        arrivals.send(.clip(round: round, result))
    }

    /// The lane has no other end any more.
    func fail(_ problem: WorkingError) {
        let round = state.withLock { $0.round }
        deliver(.failure(problem), round: round)
    }
}

extension ClipLane {
    static func fault(_ key: ClipRequestKey, _ problem: String) -> WorkingError {
        .clip(sample: key.sample.rawValue, split: key.split, problem: problem)
    }

    /// What a reply to the request for `key` brings.
    static func contents(
        of reply: DataReply, _ bulk: Message?, for key: ClipRequestKey
    ) -> ReplyContents<Delivery> {
        guard case .clip(let label, let checksum) = reply else {
            if case .failure(let problem) = reply { return .failed(fault(key, problem)) }
            return .failed(fault(key, "the reply is of another kind"))
        }
        guard let bulk else { return .failed(fault(key, "the reply has no frames")) }
        guard bulk.withUnsafeBytes({ Digest128(of: $0).low }) == checksum else { return .damaged }
        do throws(ClipDecodingError) {
            let clip = try EncodedClip(message: bulk.bytes)
            guard clip.index == key.sample.rawValue else {
                return .failed(fault(key, "clip \(clip.index) came instead"))
            }
            return .whole(Delivery(key: key, clip: clip, label: label))
        } catch {
            return .failed(fault(key, "\(error)"))
        }
    }
}
