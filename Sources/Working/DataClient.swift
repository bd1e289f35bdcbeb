import ClipDatasets
import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

/// The worker's data connection: fetches clips ahead of their use, and moves states.
///
/// It belongs to the thread that makes and runs it. Each lane has its share of the budget: requests stop while
/// the clips that are under way or waiting to be taken would exceed it. A connection that breaks is made again
/// by libzmq, which forgets what was on its way; so every open request is then sent once more.
final class DataClient {
    /// What other threads ask for.
    enum Order: Sendable {
        case upload(
            step: Step, StateLoan, onFailure: @Sendable (WorkingError) -> Void)
        case stop
    }

    /// What a request is for.
    enum Purpose {
        case clip(lane: Int, number: Int, ClipRequestKey)
        case upload(transfer: Int)
    }

    /// Notices a network that is gone without a word. Large pieces on a slow wire must not look like that.
    private static let heartbeat = SocketOptions.Heartbeat(
        interval: .seconds(5), timeout: .seconds(30), timeToLive: .seconds(60))

    /// Of a clip as it is stored; a longer one needs a larger budget.
    private static let largestClip = 1 << 30

    private let dealer: Socket
    private let monitor: SocketMonitor
    private let orders: Mailbox<Order>
    private var lanes: [LaneRequests]
    var open: OpenRequests<Purpose>
    /// Whether a connection stood before, whose losses a new one has to make up for.
    private var hasConnected = false
    var uploads: [Upload] = []
    var transfers = 0

    /// - Parameter prefetchBytes: Bytes of clips to hold ahead, over all lanes.
    private init(
        context: Context, address: String, role: CurveRole?, run: RunID, term: Term,
        lanes: [ClipLane], prefetchBytes: Int, orders: Mailbox<Order>
    ) throws(ZeroMQError) {
        var options = SocketOptions()
        // What is under way is bounded by bytes here; libzmq's bound in messages would only block.
        options.sendHighWaterMark = 0
        options.receiveHighWaterMark = 0
        options.heartbeat = Self.heartbeat
        // One clip is let through however large it is.
        options.maximumMessageSize = max(prefetchBytes, Self.largestClip)
        options.curve = role
        options.reconnectInterval = Deadlines.standard.reconnect
        options.maximumReconnectInterval = Deadlines.standard.reconnectAtMost
        dealer = try Socket(.dealer, in: context, options: options)
        monitor = try SocketMonitor(dealer)
        try dealer.connect(address)
        self.orders = orders
        open = OpenRequests(run: run, term: term)
        let budget = max(1, prefetchBytes / max(1, lanes.count))
        self.lanes = lanes.map { LaneRequests($0, budget: budget) }
    }

    /// Works on the calling thread until told to stop. A failure reaches everyone who waits for something, and
    /// everyone who asks for something afterwards.
    ///
    /// - Parameter role: How to connect; nil for a coordinator that speaks in the clear.
    static func run(
        context: Context, address: String, role: CurveRole? = nil, run: RunID, term: Term,
        lanes: [ClipLane], prefetchBytes: Int, orders: Mailbox<Order>
    ) {
        let problem: WorkingError
        do {
            let client = try DataClient(
                context: context, address: address, role: role, run: run, term: term, lanes: lanes,
                prefetchBytes: prefetchBytes, orders: orders)
            do {
                try client.serve()
                return
            } catch {
                problem = .connection("the data connection failed: \(error)")
                client.abandonTransfers(problem)
            }
        } catch {
            problem = .connection("the data connection cannot be made: \(error)")
        }
        for lane in lanes { lane.fail(problem) }
        while let order = orders.receive(timeout: nil) {
            switch order {
            case .upload(_, let state, let onFailure):
                state.end()
                onFailure(problem)
            case .stop: return
            }
        }
    }

    private func serve() throws {
        var poller = Poller()
        _ = poller.add(dealer, .readable)
        _ = poller.add(monitor.events, .readable)
        _ = poller.add(orders)
        for lane in lanes { _ = poller.add(lane.lane.commands) }
        while true {
            try poller.wait(timeout: nil)
            for order in orders.drain() {
                switch order {
                case .upload(let step, let state, let onFailure):
                    begin(upload: state, of: step, onFailure)
                case .stop: return
                }
            }
            while let frames = try dealer.tryReceive() { try receive(frames) }
            try watchConnection()
            for index in lanes.indices { try serve(lane: index) }
            try continueUpload()
        }
    }

    func send(
        _ request: DataRequest, step: Step, for purpose: Purpose, bulk: Message? = nil
    ) throws(ZeroMQError) {
        try dealer.send(open.open(request, step: step, for: purpose, bulk: bulk))
    }

    /// Sends again what a connection may have lost, once there is another: what is sent before would only
    /// pile up.
    private func watchConnection() throws(ZeroMQError) {
        while let event = try monitor.next() {
            guard event.kind == .handshakeSucceeded else { continue }
            if hasConnected {
                for frames in open.all { try dealer.send(frames) }
            }
            hasConnected = true
        }
    }

    /// - Throws: `WireError` for what is no reply: which request it answers cannot be known, and whoever waits
    ///   for that would wait for ever.
    private func receive(_ frames: [Message]) throws {
        let reply = try Ticketed<DataReply>(serialized: frames[0].bytes)
        let bulk = frames.count > 1 ? frames[1] : nil
        // A repeated request has two replies; the second finds it closed.
        guard let purpose = open.purpose(of: reply.ticket) else { return }
        switch purpose {
        case .clip(let lane, let number, let key):
            try settle(
                reply.ticket, ClipLane.contents(of: reply.message.body, bulk, for: key),
                damaged: ClipLane.fault(key, "its checksum is wrong: it was damaged on the way")
            ) { result in
                lanes[lane].settle(number, result)
            }
        case .upload(let transfer):
            try settle(
                reply.ticket, Upload.contents(of: reply.message.body),
                damaged: .state("its pieces are damaged on the way, again and again")
            ) { result in
                settle(upload: transfer, result)
            }
        }
    }

    /// Closes a request with what its reply holds, or sends it again where the reply, or what was sent, came
    /// damaged.
    private func settle<Value>(
        _ ticket: UInt64, _ contents: ReplyContents<Value>, damaged: WorkingError,
        _ finish: (Result<Value, WorkingError>) -> Void
    ) throws(ZeroMQError) {
        switch contents {
        case .whole(let value):
            open.close(ticket)
            finish(.success(value))
        case .failed(let problem):
            open.close(ticket)
            finish(.failure(problem))
        case .damaged:
            if let frames = open.again(ticket) {
                try dealer.send(frames)
            } else {
                finish(.failure(damaged))
            }
        }
    }

    private func serve(lane index: Int) throws(ZeroMQError) {
        if lanes[index].listen() {
            let first = lanes[index].first
            open.close { purpose in
                if case .clip(index, let number, _) = purpose { number < first } else { false }
            }
        }
        while let (number, key) = lanes[index].ask() {
            try send(
                .clip(split: key.split, sample: key.sample, frames: key.view.span),
                step: Step(0), for: .clip(lane: index, number: number, key))
        }
    }
}
