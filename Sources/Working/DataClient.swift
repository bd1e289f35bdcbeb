import ClipDatasets
import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

/// The worker's data connection: fetches clips ahead of their use, and moves states.
///
/// It belongs to the thread that makes and runs it. Each lane has its share of the budget: requests stop while
/// the clips that are under way or waiting to be taken would exceed it.
final class DataClient {
    /// What other threads ask for.
    enum Order: Sendable {
        case fetch(
            step: Step, vectors: [TrainingState.Layout.Vector],
            reply: Mailbox<Result<[FloatBuffer], WorkingError>>)
        /// Nobody changes the state any more.
        case upload(
            step: Step, TrainingState, onFailure: @Sendable (WorkingError) -> Void)
        case stop
    }

    private struct LaneState {
        let lane: ClipLane
        var wanted: [ClipRequestKey] = []
        /// The next of `wanted` to be asked for.
        var next = 0
        /// Of clips asked for and not yet taken.
        var bytes = 0
    }

    /// What a request was for.
    private enum Ticket {
        case clip(lane: Int, ClipRequestKey)
        case fetch(StatePieces.Piece)
        case upload(number: Int)
    }

    struct Fetch {
        let step: Step
        let buffers: [FloatBuffer]
        let reply: Mailbox<Result<[FloatBuffer], WorkingError>>
        var pieces: StatePieces
    }

    struct Upload {
        let number: Int
        let step: Step
        let state: TrainingState
        let onFailure: @Sendable (WorkingError) -> Void
        var pieces: StatePieces
    }

    private let dealer: Socket
    private let orders: Mailbox<Order>
    private let run: RunID
    private let term: Term
    private let budget: Int
    private var lanes: [LaneState]
    private var tickets: [UInt64: Ticket] = [:]
    private var nextTicket: UInt64 = 1
    private var fetch: Fetch?
    private var uploads: [Upload] = []
    private var uploadCount = 0

    /// - Parameter prefetchBytes: Bytes of clips to hold ahead, over all lanes.
    init(
        context: Context, address: String, run: RunID, term: Term, lanes: [ClipLane],
        prefetchBytes: Int, orders: Mailbox<Order>
    ) throws(ZeroMQError) {
        var options = SocketOptions()
        // What is under way is bounded by bytes here; libzmq's bound in messages would only block.
        options.sendHighWaterMark = 0
        options.receiveHighWaterMark = 0
        dealer = try Socket(.dealer, in: context, options: options)
        try dealer.connect(address)
        self.orders = orders
        self.run = run
        self.term = term
        budget = max(1, prefetchBytes / max(1, lanes.count))
        self.lanes = lanes.map { LaneState(lane: $0) }
    }

    /// Works until told to stop. Whoever waits for a state hears of a failure.
    func serve() throws(ZeroMQError) {
        do throws(ZeroMQError) {
            try loop()
        } catch {
            fetch?.reply.send(.failure(.connection("the data connection failed: \(error)")))
            throw error
        }
    }

    private func loop() throws(ZeroMQError) {
        var poller = Poller()
        _ = poller.add(dealer, .readable)
        _ = poller.add(orders)
        for lane in lanes { _ = poller.add(lane.lane.commands) }
        while true {
            try poller.wait(timeout: nil)
            for order in orders.drain() {
                switch order {
                case .fetch(let step, let vectors, let reply):
                    fetch = Fetch(
                        step: step, buffers: vectors.map { FloatBuffer(count: $0.count) },
                        reply: reply, pieces: StatePieces(vectors))
                case .upload(let step, let state, let onFailure):
                    uploadCount += 1
                    uploads.append(
                        Upload(
                            number: uploadCount, step: step, state: state, onFailure: onFailure,
                            pieces: StatePieces(state.layout.vectors)))
                case .stop: return
                }
            }
            while let frames = try dealer.tryReceive() { receive(frames) }
            for index in lanes.indices { try serve(lane: index) }
            try continueFetch()
            try continueUpload()
        }
    }

    private func send(
        _ request: DataRequest, step: Step, ticket: Ticket, bulk: Message? = nil
    ) throws(ZeroMQError) {
        let number = nextTicket
        nextTicket += 1
        tickets[number] = ticket
        let stamped = Stamped(
            run: run, term: term, generation: Generation(0), step: step, body: request)
        let head: Message
        do throws(WireError) {
            head = Message(try Ticketed(stamped, ticket: number).serialized())
        } catch {
            preconditionFailure("a request that this worker made cannot be serialised: \(error)")
        }
        try dealer.send([head] + (bulk.map { [$0] } ?? []))
    }

    private func receive(_ frames: [Message]) {
        guard let head = frames.first, let reply = Self.parse(head),
            let ticket = tickets.removeValue(forKey: reply.ticket)
        else { return }
        let bulk = frames.count > 1 ? frames[1] : nil
        switch ticket {
        case .clip(let lane, let key):
            lanes[lane].lane.deliver(ClipLane.delivery(of: key, reply.message.body, bulk))
        case .fetch(let piece):
            take(piece, reply.message.body, bulk)
        case .upload(let number):
            acknowledge(upload: number, reply.message.body)
        }
    }

    /// Nil for what is no reply: the request that it may have answered then waits, and the silence is noticed.
    private static func parse(_ head: Message) -> Ticketed<DataReply>? {
        do throws(WireError) {
            return try Ticketed<DataReply>(serialized: head.bytes)
        } catch {
            return nil
        }
    }

    // MARK: Clips

    private func serve(lane index: Int) throws(ZeroMQError) {
        for command in lanes[index].lane.commands.drain() {
            switch command {
            case .want(let keys): lanes[index].wanted += keys
            case .taken(let bytes): lanes[index].bytes -= bytes
            }
        }
        while lanes[index].next < lanes[index].wanted.count {
            let key = lanes[index].wanted[lanes[index].next]
            // One clip is always let through, however large, or nothing would ever move.
            guard lanes[index].bytes == 0 || lanes[index].bytes + key.bytes <= budget else { break }
            lanes[index].bytes += key.bytes
            lanes[index].next += 1
            try send(
                .clip(split: key.split, sample: key.sample, frames: key.view.frames),
                step: Step(0), ticket: .clip(lane: index, key))
        }
        if lanes[index].next == lanes[index].wanted.count {
            lanes[index].wanted.removeAll(keepingCapacity: true)
            lanes[index].next = 0
        }
    }

    // MARK: States

    private func continueFetch() throws(ZeroMQError) {
        while let piece = fetch?.pieces.next(), let current = fetch {
            let name = current.pieces.vectors[piece.vector].name
            try send(
                .state(name: name, offset: piece.range.lowerBound, length: piece.range.count),
                step: current.step, ticket: .fetch(piece))
        }
    }

    private func take(_ piece: StatePieces.Piece, _ reply: DataReply, _ bulk: Message?) {
        guard let current = fetch else { return }
        if let problem = current.problem(with: piece, reply, bulk) {
            fetch = nil
            current.reply.send(.failure(problem))
            return
        }
        fetch?.pieces.acknowledge()
        if fetch?.pieces.isDone == true {
            fetch = nil
            current.reply.send(.success(current.buffers))
        }
    }

    private func continueUpload() throws(ZeroMQError) {
        while !uploads.isEmpty {
            while let piece = uploads[0].pieces.next() {
                let upload = uploads[0]
                let (part, bulk) = upload.part(piece)
                try send(
                    .part(part), step: upload.step, ticket: .upload(number: upload.number),
                    bulk: bulk)
            }
            // The acknowledgements of the last pieces bring us back here.
            guard uploads[0].pieces.isDone else { return }
            uploads.removeFirst()
        }
    }

    private func acknowledge(upload number: Int, _ reply: DataReply) {
        guard let index = uploads.firstIndex(where: { $0.number == number }) else { return }
        if case .failure(let problem) = reply {
            uploads.remove(at: index).onFailure(.state(problem))
        } else {
            uploads[index].pieces.acknowledge()
        }
    }
}
