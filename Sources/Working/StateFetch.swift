import Collectives
import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

/// A joiner's way to a state: pieces of it from several donors at once.
///
/// A donor that is silent, or goes on refusing, is passed over and its pieces are asked of the others. Where nobody is
/// heard, the wire may be full of other joiners' pieces, and the fetch is patient. It runs on the thread that calls it;
/// any other may interrupt it.
final class StateFetch: Sendable {
    /// Pieces under way at once from one donor: its wire stays busy while it copies the next.
    private static let window = 2
    /// How long to leave a donor alone that refuses: it may be about to have the state.
    private static let pause = Duration.milliseconds(50)
    /// Damaged pieces that are forgiven a donor.
    private static let forgiven = 3
    /// So many times the silence is borne where no donor is heard.
    private static let patience = 5

    private enum Order: Sendable { case interrupt }

    private let context: Context
    private let run: RunID
    private let term: Term
    private let silence: Duration
    private let role: @Sendable (PeerAddress) throws(ZeroMQError) -> CurveRole?
    private let orders: Mailbox<Order>

    /// - Parameters:
    ///   - silence: A donor from which nothing of use comes for so long is passed over.
    ///   - role: How to connect to a donor; nil for one that speaks in the clear.
    init(
        context: Context, run: RunID, term: Term, silence: Duration,
        role: @escaping @Sendable (PeerAddress) throws(ZeroMQError) -> CurveRole? = { _ in nil }
    ) throws(ZeroMQError) {
        self.role = role
        self.context = context
        self.run = run
        self.term = term
        self.silence = silence
        orders = try Mailbox()
    }

    /// Ends the fetch that is under way, or the next one, with `WorkingError.aborted`. From any thread.
    func interrupt() { orders.send(.interrupt) }

    /// Gets all vectors of a state.
    ///
    /// - Parameters:
    ///   - donors: Endpoints of `StateDonor`s, or of the coordinator's data connection.
    ///   - buffers: As long as the vectors; if this throws, they hold what `transfer` knows of.
    ///   - transfer: What an earlier fetch of this state has got into the buffers already.
    ///   - onProgress: Told of pieces that have come, and of how many there are.
    /// - Throws: `WorkingError.state` where no donor is left, `.aborted`.
    func fetch(
        _ vectors: [TrainingState.Layout.Vector], from donors: [String],
        into buffers: [FloatBuffer], _ transfer: inout StateTransfer,
        onProgress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws {
        var sources = try donors.map { text in
            let address = PeerAddress(text)
            return try Source(context, address: address.endpoint, role: role(address))
        }
        defer {
            for source in sources {
                for (_, piece) in source.underWay { transfer.giveBack(piece) }
            }
        }
        var problem = "nobody offers it"
        while !transfer.isDone {
            for index in sources.indices {
                while sources[index].hasRoom, sources[index].isAwake, let piece = transfer.next() {
                    try request(piece, vectors, &transfer, &sources[index])
                }
            }
            try wait(for: sources)
            if !orders.drain().isEmpty { throw WorkingError.aborted }
            for index in sources.indices {
                while let frames = try sources[index].dealer.tryReceive() {
                    if let found = try take(
                        frames, vectors, into: buffers, &transfer, &sources[index])
                    {
                        problem = "\(sources[index].address): \(found)"
                    }
                }
            }
            onProgress(transfer.done, transfer.all)
            let now = ContinuousClock.now
            // A donor that has nothing to do fills no wire either.
            let isHeard = sources.contains {
                $0.isProven && ($0.underWay.isEmpty || now - $0.lastHeard < silence)
            }
            let patience = isHeard ? silence : silence * Self.patience
            while let index = sources.firstIndex(where: {
                $0.isSpent(at: now, silence: silence, patience: patience)
            }) {
                let source = sources.remove(at: index)
                for (_, piece) in source.underWay { transfer.giveBack(piece) }
                if source.refusals == 0 { problem = "\(source.address) is silent" }
            }
            guard !sources.isEmpty else { throw WorkingError.state(problem) }
        }
    }

    private func wait(for sources: [Source]) throws(ZeroMQError) {
        var poller = Poller()
        for source in sources { _ = poller.add(source.dealer, .readable) }
        _ = poller.add(orders)
        try poller.wait(timeout: Self.pause)
    }

    private func request(
        _ piece: StatePieces.Piece, _ vectors: [TrainingState.Layout.Vector],
        _ transfer: inout StateTransfer, _ source: inout Source
    ) throws {
        let body = DataRequest.state(
            name: vectors[piece.vector].name, offset: piece.range.lowerBound,
            length: piece.range.count)
        let stamped = Stamped(
            run: run, term: term, generation: Generation(0), step: transfer.step, body: body)
        let ticket = transfer.ticket()
        // One that only refuses is not heard of.
        if source.underWay.isEmpty, source.refusals == 0 { source.lastHeard = .now }
        source.underWay.append((ticket, piece))
        let message = Message(try Ticketed(stamped, ticket: ticket).serialized())
        // A donor that does not let this worker in takes nothing: it is passed over as a silent one.
        _ = try source.dealer.trySend([message])
    }

    /// - Returns: What is wrong with the reply.
    private func take(
        _ frames: [Message], _ vectors: [TrainingState.Layout.Vector],
        into buffers: [FloatBuffer], _ transfer: inout StateTransfer, _ source: inout Source
    ) throws -> String? {
        let reply: Ticketed<DataReply>
        do throws(WireError) {
            reply = try Ticketed<DataReply>(serialized: frames[0].bytes)
        } catch {
            // Which piece it was is not known: that one is missed when the donor is silent.
            source.damages += 1
            return "\(error)"
        }
        guard let place = source.underWay.firstIndex(where: { $0.ticket == reply.ticket }) else {
            return nil
        }
        let piece = source.underWay.remove(at: place).piece
        let fetched = FetchedPiece(
            piece, name: vectors[piece.vector].name, target: buffers[piece.vector])
        switch fetched.contents(of: reply.message.body, frames.count > 1 ? frames[1] : nil) {
        case .whole:
            source.lastHeard = .now
            source.isProven = true
            source.refusals = 0
            transfer.finish()
            return nil
        case .damaged:
            source.damages += 1
            transfer.giveBack(piece)
            return "its pieces are damaged on the way"
        case .failed(let error):
            source.refusals += 1
            source.asleepUntil = .now + Self.pause
            transfer.giveBack(piece)
            return "\(error)"
        }
    }
}

extension StateFetch {
    /// A donor, as the joiner sees it.
    private struct Source {
        let address: String
        let dealer: Socket
        var underWay: [(ticket: UInt64, piece: StatePieces.Piece)] = []
        /// When something of use last came, or was first asked for.
        var lastHeard = ContinuousClock.now
        var asleepUntil: ContinuousClock.Instant?
        /// Whether something of use has come. Before that, only one piece is asked for.
        var isProven = false
        var refusals = 0
        var damages = 0

        init(_ context: Context, address: String, role: CurveRole?) throws(ZeroMQError) {
            self.address = address
            var options = SocketOptions()
            options.curve = role
            options.reconnectInterval = StateFetch.pause
            options.maximumMessageSize = StatePieces.pieceBytes
            dealer = try Socket(.dealer, in: context, options: options)
            try dealer.connect(toPeerAt: address)
        }

        var isAwake: Bool { asleepUntil.map { $0 < .now } ?? true }

        var hasRoom: Bool { underWay.count < (isProven ? StateFetch.window : 1) }

        /// - Parameter patience: With one that has been asked and has not answered.
        func isSpent(
            at now: ContinuousClock.Instant, silence: Duration, patience: Duration
        ) -> Bool {
            if damages > StateFetch.forgiven { return true }
            if refusals > 0 { return now - lastHeard > silence }
            return !underWay.isEmpty && now - lastHeard > patience
        }
    }
}
