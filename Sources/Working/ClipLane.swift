import ClipDatasets
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

    init() throws(ZeroMQError) {
        commands = try Mailbox()
        deliveries = try Mailbox()
    }

    /// Announces clips that will be taken, in this order, after those announced before.
    func want(_ keys: [ClipRequestKey]) { commands.send(.want(keys)) }

    /// Waits for the next clip, which must be the one announced as `key`.
    func take(_ key: ClipRequestKey) throws(WorkingError) -> Delivery {
        guard let result = deliveries.receive(timeout: nil) else {
            preconditionFailure("a wait without a time-out ends with an element")
        }
        let delivery = try result.get()
        precondition(delivery.key == key, "clips are taken in the order of their announcement")
        commands.send(.taken(bytes: key.bytes))
        return delivery
    }

    func deliver(_ result: Result<Delivery, WorkingError>) { deliveries.send(result) }
}

extension ClipLane {
    /// What a reply to the request for `key` brings.
    static func delivery(
        of key: ClipRequestKey, _ reply: DataReply, _ bulk: Message?
    ) -> Result<Delivery, WorkingError> {
        func fault(_ problem: String) -> Result<Delivery, WorkingError> {
            .failure(
                .clip(sample: key.sample.rawValue, split: key.split, problem: problem))
        }
        guard case .clip(let label, let checksum) = reply else {
            if case .failure(let problem) = reply { return fault(problem) }
            return fault("the reply is of another kind")
        }
        guard let bulk else { return fault("the reply has no frames") }
        guard bulk.withUnsafeBytes({ Digest128(of: $0).low }) == checksum else {
            return fault("its checksum is wrong: it was damaged on the way")
        }
        do throws(ClipDecodingError) {
            let clip = try EncodedClip(message: bulk.bytes)
            guard clip.index == key.sample.rawValue else {
                return fault("clip \(clip.index) came instead")
            }
            return .success(Delivery(key: key, clip: clip, label: label))
        } catch {
            return fault("\(error)")
        }
    }
}
