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
    }

    struct Delivery: Sendable {
        let key: ClipRequestKey
        let clip: EncodedClip
        let label: Int
    }

    let commands: Mailbox<Command>
    private let deliveries: Mailbox<Result<Delivery, WorkingError>>
    /// Why no clip can be taken any more.
    private let failure = Mutex<WorkingError?>(nil)

    init() throws(ZeroMQError) {
        commands = try Mailbox()
        deliveries = try Mailbox()
    }

    /// Announces clips that will be taken, in this order, after those announced before.
    func want(_ keys: [ClipRequestKey]) { commands.send(.want(keys)) }

    /// Waits for the next clip, which must be the one announced as `key`.
    ///
    /// - Throws: `WorkingError` where it cannot be had, and from then on: what comes behind it would be taken
    ///   for what does not.
    func take(_ key: ClipRequestKey) throws(WorkingError) -> Delivery {
        if let failure = failure.withLock({ $0 }) { throw failure }
        guard let result = deliveries.receive(timeout: nil) else {
            preconditionFailure("a wait without a time-out ends with an element")
        }
        do throws(WorkingError) {
            let delivery = try result.get()
            guard delivery.key == key else {
                throw Self.fault(key, "clip \(delivery.key.sample) is next in its lane")
            }
            commands.send(.taken(bytes: key.bytes))
            return delivery
        } catch {
            failure.withLock { $0 = error }
            throw error
        }
    }

    func deliver(_ result: Result<Delivery, WorkingError>) { deliveries.send(result) }
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
