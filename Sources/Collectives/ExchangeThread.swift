import TrainingProtocol
import ZeroMQ

/// The loop of the one thread that owns all sockets of a `GradientExchange`.
final class ExchangeThread {
    /// Chunks that libzmq holds for one member at a time: enough to keep the wire busy while this
    /// thread adds, few enough that their bytes are still in the cache when they are sent.
    static let window = 4
    /// Messages of a time to come that are kept; with more, nothing is read until we get there.
    static let maximumNewer = 64
    /// Messages read before orders and sending get their turn.
    static let readsATurn = 4

    let context: Context
    let orders: ExchangeOrders
    let inbox: Socket
    let inboxMonitor: SocketMonitor
    let chunkBytes: Int
    /// How long a reduction waits for a connection that never stood.
    let connectTimeout: Duration
    let board: ProgressBoard
    /// Nil where members speak in the clear.
    let keys: PeerKeys?
    /// Where members have keys and chunks go in the clear all the same.
    var seals: ChunkSeals?

    var membership: ExchangeMembership?
    /// Why this membership reduces no more; a new one may.
    var failure: ExchangeError?
    var newestAborted: Life?
    /// The members' public keys by rank, as their messages name them.
    var names: [String?] = []
    var lanes: [ExchangeLane] = []
    var lanesMade: UInt64 = 0
    /// Which member sends on which connection of the inbox.
    var senders: PeerConnections<Sender>
    /// Members whose connection to the inbox has closed.
    var lostSenders: [Int] = []
    /// Chunks that libzmq holds, also those of lanes closed by now.
    var outstanding = 0
    var newer: [Arrival] = []

    var reduction: Reduction?
    var answer: ExchangeOrder.Answer<Digest>?
    /// The outcome of the reduction; answered once libzmq has let go of the caller's buffers.
    var result: Result<Digest, ExchangeError>?

    private var poller = Poller()
    private var inboxKey: Poller.Key

    /// A generation of a term: each term counts its own.
    struct Life: Comparable {
        let term: Term
        let generation: Generation

        static func < (left: Life, right: Life) -> Bool {
            (left.term, left.generation) < (right.term, right.generation)
        }
    }

    struct Sender: Hashable {
        let term: Term
        let generation: Generation
        let rank: Int
    }

    init(
        context: Context, orders: ExchangeOrders, inbox: Socket, monitor: SocketMonitor,
        chunkBytes: Int, connectTimeout: Duration, board: ProgressBoard, keys: PeerKeys?,
        seals: ChunkSeals?
    ) {
        self.seals = seals
        self.keys = keys
        self.connectTimeout = connectTimeout
        self.board = board
        self.context = context
        self.orders = orders
        self.inbox = inbox
        self.chunkBytes = chunkBytes
        inboxMonitor = monitor
        senders = PeerConnections(monitor)
        inboxKey = poller.add(inbox, .readable)
        resetPoller()
    }

    /// Runs until told to close, or until the context is shut down.
    func run() {
        var reason = ExchangeError.closed
        do {
            while try turn() {}
        } catch {
            reason = .transport(error)
        }
        fail(reason)
        settle(orders.end(reason), reason)
        while outstanding > 0 {
            guard let order = orders.mailbox.receive(timeout: nil) else { continue }
            settle([order], reason)
        }
        answerIfReleased()
    }

    /// - Returns: false when told to close.
    private func turn() throws(ZeroMQError) -> Bool {
        let reading = reduction != nil && result == nil && newer.count < Self.maximumNewer
        let working = result == nil && reduction?.ready.isEmpty == false
        poller.setInterest(inboxKey, reading ? .readable : [])
        try poller.wait(timeout: working ? .zero : timeToConnect)
        // What is drained with the order to close is carried out too: someone waits for each answer.
        var isOpen = true
        for order in orders.mailbox.drain() {
            if !carryOut(order) { isOpen = false }
        }
        guard isOpen else { return false }
        if result == nil, let reduction {
            do {
                try advance(reduction, reading: reading)
                board.update(reduction)
            } catch {
                fail(error)
            }
        } else {
            try forgetIdleEvents()
        }
        answerIfReleased()
        return true
    }

    /// What is left for connections to come to stand; nil where all do, or nobody waits.
    private var timeToConnect: Duration? {
        guard result == nil, let reduction, !lanes.allSatisfy(\.hasStood) else { return nil }
        let rest = reduction.begun + connectTimeout - .now
        return rest > .zero ? rest : nil
    }

    private func carryOut(_ order: ExchangeOrder) -> Bool {
        switch order {
        case .configure(let membership, let answer): answer.send(configure(membership))
        case .reduce(let order): begin(order)
        case .abort(let term, let generation): abort(Life(term: term, generation: generation))
        case .released(let lane): release(lane)
        case .advanced: break
        case .close: return false
        }
        return true
    }

    /// Answers orders after the end.
    private func settle(_ orders: [ExchangeOrder], _ reason: ExchangeError) {
        for order in orders {
            switch order {
            case .configure(_, let answer): answer.send(.failure(reason))
            case .reduce(let order): order.answer.send(.failure(reason))
            case .released(let lane): release(lane)
            case .abort, .advanced, .close: break
            }
        }
    }

    private func release(_ number: UInt64) {
        outstanding -= 1
        lanes.first { $0.number == number }?.inFlight -= 1
    }

    private func abort(_ life: Life) {
        newestAborted = max(newestAborted ?? life, life)
        guard let membership, membership.life <= life else { return }
        fail(.aborted(membership.generation))
    }

    /// Waits for what there is: the inbox, orders, and connections that come and go.
    func resetPoller() {
        poller = Poller()
        inboxKey = poller.add(inbox, .readable)
        _ = poller.add(orders.mailbox)
        _ = poller.add(inboxMonitor.events, .readable)
        for lane in lanes { _ = poller.add(lane.monitor.events, .readable) }
    }

    /// Ends the reduction, if one runs, and this membership. Nothing waits for a network: what libzmq
    /// holds of closed lanes it lets go of at once.
    func fail(_ error: ExchangeError) {
        if failure == nil { failure = error }
        if answer != nil { result = .failure(error) }
        for lane in lanes {
            // Refused only after the context's end, when nothing lingers any more.
            do { try lane.socket.setLinger(.zero) } catch {}
        }
        lanes = []
        resetPoller()
    }

    private func answerIfReleased() {
        guard let result, outstanding == 0 else { return }
        reduction = nil
        board.end()
        self.result = nil
        let answer = self.answer
        self.answer = nil
        answer?.send(result)
    }
}

extension ExchangeMembership {
    var life: ExchangeThread.Life { .init(term: term, generation: generation) }
}
