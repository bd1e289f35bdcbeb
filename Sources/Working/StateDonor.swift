import Collectives
import Synchronization
import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

/// Hands out pieces of a worker's live state to joiners, on a socket and a thread of its own.
///
/// The state of step k does not change until step k + 1 is committed, and that commit waits for the joiner: so there is
/// nothing to copy. Should the joiner be given up meanwhile and the commit come, the state is withdrawn before it
/// changes, and a request that comes late is refused.
final class StateDonor: Sendable {
    /// Where joiners reach this one.
    let address: String
    private let shelf = StateShelf()
    private let orders: Mailbox<Order>
    private let thread: DedicatedThread<Void>

    private enum Order: Sendable { case stop }

    /// A request names a vector and a range of it.
    private static let largestRequest = 1 << 16
    /// Requests and pieces that wait for one joiner, which asks for two at a time.
    private static let queued = 8

    /// Listens, and starts the thread.
    ///
    /// - Parameters:
    ///   - endpoint: What to bind, `tcp://HOST:*`.
    ///   - keys: Encrypt, and answer members only; nil speaks in the clear with anyone.
    /// - Throws: `ZeroMQError` where the endpoint cannot be bound.
    init(
        context: Context, bind endpoint: String, keys: PeerKeys? = nil
    ) throws(ZeroMQError) {
        let bound = try Mailbox<Result<String, ZeroMQError>>()
        let orders = try Mailbox<Order>()
        self.orders = orders
        thread = try DedicatedThread(name: "donor") { [shelf] in
            let router: Socket
            let monitor: SocketMonitor
            var connections = ConnectionLimit()
            do throws(ZeroMQError) {
                var options = SocketOptions()
                options.mandatoryRouting = true
                options.maximumMessageSize = Self.largestRequest
                options.receiveHighWaterMark = Self.queued
                options.sendHighWaterMark = Self.queued
                options.handshakeInterval = SocketOptions.shortHandshake
                options.curve = keys?.server("state")
                router = try Socket(.router, in: context, options: options)
                monitor = try SocketMonitor(router)
                let address = try router.bind(endpoint)
                bound.send(.success(keys?.keyed(address) ?? address))
            } catch {
                bound.send(.failure(error))
                return
            }
            var poller = Poller()
            _ = poller.add(router, .readable)
            _ = poller.add(monitor.events, .readable)
            _ = poller.add(orders)
            while true {
                try poller.wait(timeout: nil)
                try connections.note(all: monitor)
                if !orders.drain().isEmpty { return }
                while let frames = try router.tryReceive() {
                    // One that was a member before may have its connection still.
                    guard keys?.admits(frames.last?.user) ?? true else { continue }
                    Self.answer(frames, router, shelf)
                }
            }
        }
        guard let outcome = bound.receive(timeout: nil) else {
            preconditionFailure("a wait without end has an outcome")
        }
        address = try outcome.get()
    }

    deinit { orders.send(.stop) }

    /// From now on joiners may have this state, which nobody changes before it is withdrawn.
    func offer(run: RunID, step: Step, state: TrainingState) {
        shelf.place(StateShelf.Offer(run: run, step: step, state: state))
    }

    /// After this nobody reads the state.
    func withdraw() { shelf.place(nil) }

    private static func answer(_ frames: [Message], _ router: Socket, _ shelf: StateShelf) {
        do {
            guard frames.count == 2 else { return }
            let request = try Ticketed<DataRequest>(serialized: frames[1].bytes)
            let (reply, bulk) = shelf.answer(request.message)
            let stamped = Stamped(
                run: request.message.run, term: request.message.term,
                generation: request.message.generation, step: request.message.step, body: reply)
            let head = Message(try Ticketed(stamped, ticket: request.ticket).serialized())
            // A joiner that is gone or does not read asks for nothing more.
            _ = try router.trySend([frames[0], head] + (bulk.map { [Message($0)] } ?? []))
        } catch {
            // What is no request has no answer; and a joiner that is gone needs none.
        }
    }
}

/// The state that a donor offers.
final class StateShelf: Sendable {
    struct Offer: Sendable {
        let run: RunID
        let step: Step
        let state: TrainingState
    }

    /// The lock is held while a piece is copied, so that a state that is taken away is read no more.
    private let offer = Mutex<Offer?>(nil)

    func place(_ new: Offer?) { offer.withLock { $0 = new } }

    func answer(_ request: Stamped<DataRequest>) -> (DataReply, [UInt8]?) {
        guard case .state(let name, let offset, let length) = request.body else {
            return (.failure("a worker gives nothing but its state"), nil)
        }
        return offer.withLock { offer in
            guard let offer, offer.run == request.run, offer.step == request.step else {
                return (.failure("the state of step \(request.step) is not here"), nil)
            }
            do throws(StatePieceError) {
                let (bytes, total) = try offer.state.piece(
                    of: name, at: offset, length: length, limit: StatePieces.pieceBytes)
                let part = StatePart(
                    name: name, offset: offset, total: total, checksum: Digest128(of: bytes).low)
                return (.part(part), Array(bytes))
            } catch {
                return (.failure("\(error)"), nil)
            }
        }
    }
}
