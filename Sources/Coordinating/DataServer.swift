import ClipDatasets
import Logging
import Tensors
import TrainingProtocol
import Wire
import ZeroMQ

/// Serves clips to the workers, hands out the state that a run starts from, and takes in states to be saved.
///
/// It has a socket and a thread of its own, so that bulk never delays a heartbeat; reading HDF5 blocks this
/// thread and no other. Workers ask for what they have room for, so what is queued here is bounded by what
/// they have room for.
final class DataServer {
    enum Order: Sendable { case stop }

    private let router: Socket
    private let monitor: SocketMonitor
    private var connections = ConnectionLimit()
    let endpoint: String
    private let dataset: ClipDataset
    private let states: StateStore
    private let orders: Mailbox<Order>
    private let logger: Logger
    private var drops = RepeatedNote()
    private var unread = RepeatedNote()
    private let security: CoordinatorSecurity?

    /// Replies that wait for one worker: more than its lanes have requests open.
    private static let queuedReplies = 4096
    /// Requests of one worker that wait here; the others wait in its own queue. Bytes of states may come with each.
    private static let queuedRequests = 16

    init(
        context: Context, address: String, dataset: ClipDataset, states: StateStore,
        orders: Mailbox<Order>, logger: Logger, security: CoordinatorSecurity?
    ) throws(ZeroMQError) {
        self.security = security
        var options = SocketOptions()
        options.mandatoryRouting = true
        options.sendHighWaterMark = Self.queuedReplies
        options.receiveHighWaterMark = Self.queuedRequests
        options.handshakeInterval = SocketOptions.shortHandshake
        options.maximumMessageSize = StateStore.maximumPartSize + 1024
        if let security {
            options.curve = security.role(CoordinatorSecurity.dataDomain)
            options.ioThreads = CoordinatorSecurity.dataThreads
        }
        router = try Socket(.router, in: context, options: options)
        monitor = try SocketMonitor(router)
        endpoint = try router.bind(address)
        self.dataset = dataset
        self.states = states
        self.orders = orders
        self.logger = logger
    }

    /// Serves until told to stop.
    func run() throws(ZeroMQError) {
        var poller = Poller()
        _ = poller.add(router, .readable)
        _ = poller.add(monitor.events, .readable)
        _ = poller.add(orders)
        while true {
            try poller.wait(timeout: nil)
            try connections.note(all: monitor)
            if !orders.drain().isEmpty { return }
            // A handful at a time, so that an order to stop does not wait behind a long queue.
            for _ in 0..<16 {
                guard let frames = try router.tryReceive() else { break }
                try serve(frames)
            }
        }
    }

    private func serve(_ frames: [Message]) throws(ZeroMQError) {
        guard frames.count == 2 || frames.count == 3 else {
            dropped("\(frames.count) frames are no request")
            return
        }
        let request: Ticketed<DataRequest>
        do throws(WireError) {
            request = try Ticketed<DataRequest>(serialized: frames[1].bytes)
        } catch {
            dropped("\(error)")
            return
        }
        let (reply, bulk) =
            mayAsk(frames[1])
            ? answer(request.message, bulk: frames.count == 3 ? frames[2] : nil)
            : (.failure("an operator revoked this worker's access"), nil)
        let stamped = Stamped(
            run: request.message.run, term: request.message.term,
            generation: request.message.generation, step: request.message.step, body: reply)
        do {
            let head = Message(try Ticketed(stamped, ticket: request.ticket).serialized())
            let sent = try router.trySend([frames[0], head] + (bulk.map { [$0] } ?? []))
            if !sent, let text = unread.note("a reply was dropped") {
                logger.warning("a worker does not read its clips: \(text)")
            }
        } catch ZeroMQError.unroutable {
            // The worker is gone, and the control connection hears of it; or it has connected anew, and
            // asks again.
        } catch {
            logger.error("a reply could not be sent: \(error)")
        }
    }

    private func dropped(_ reason: String) {
        if let text = drops.note(reason) { logger.warning("dropped a data message: \(text)") }
    }

    private func mayAsk(_ frame: Message) -> Bool {
        security?.mayHaveClips(frame.user) ?? true
    }

    private func answer(
        _ request: Stamped<DataRequest>, bulk: Message?
    ) -> (DataReply, Message?) {
        guard request.run == states.run else {
            return (.failure("this is run \(states.run), not \(request.run)"), nil)
        }
        guard request.term == states.term else {
            return (.failure("the coordinator is in term \(states.term), not \(request.term)"), nil)
        }
        switch request.body {
        case .clip(let split, let sample, let frames):
            do throws(ClipDatasetError) {
                let split = try dataset.split(split)
                let clip = try split.readClip(sample.rawValue, frames: frames)
                let label = split.labels[sample.rawValue]
                let checksum = clip.message.withUnsafeBytes { Digest128(of: $0).low }
                return (.clip(label: label, checksum: checksum), Message(clip.message))
            } catch {
                return (.failure("\(error)"), nil)
            }
        case .state(let name, let offset, let length):
            do {
                let (part, bytes) = try states.read(
                    name, step: request.step, offset: offset, length: length)
                return (.part(part), Message(bytes))
            } catch {
                return (.failure("\(error)"), nil)
            }
        case .part(let part):
            do {
                guard let bulk else { throw CoordinatingError.upload(problem: "a part is empty") }
                switch try states.accept(part, step: request.step, bulk) {
                case .taken: return (.accepted, nil)
                case .damaged: return (.damaged, nil)
                }
            } catch {
                return (.failure("\(error)"), nil)
            }
        }
    }
}
