import Synchronization
import Tensors
import TrainingProtocol
import ZeroMQ

/// Sums vectors over the members of a generation: reduce-scatter, then all-gather, directly between
/// them, in the order of the slot tree.
///
/// A vector is cut into chunks, each owned by one member. Everyone sends its subtree sums of a chunk to
/// the chunk's owner, which finishes the tree and sends the result to everyone. Each member sends and
/// receives `2 (n - 1) / n` vectors a reduction, as in a ring, but in two hops instead of `2 (n - 1)`
/// (Thakur, Rabenseifner, Gropp: Optimization of Collective Communication Operations in MPICH, 2005).
/// However the slots are dealt, every member gets the same bits.
///
/// One thread of its own owns all sockets. Bulk is sent from the caller's buffers without a copy;
/// what comes is hashed, added and hashed again block by block while it is in the cache.
///
/// Every frame carries an XXH3 checksum, which the receiver verifies.
public final class GradientExchange: Sendable {
    /// Where other members reach this one; as text for `ExchangeMembership.Member`, not an endpoint.
    public let address: String

    private let orders: ExchangeOrders
    private let thread: DedicatedThread<Void>
    private let isReducing = Mutex(false)
    private let board: ProgressBoard

    /// Listens, and starts the thread.
    ///
    /// - Parameters:
    ///   - endpoint: what to bind, `tcp://HOST:*`. Members on the same machine find each other by a
    ///     Unix socket beside it.
    ///   - host: the host to advertise in the place of the bound one, for example when that is `*`.
    ///   - chunkBytes: wished size of a chunk; the same for all members.
    ///   - connectTimeout: how long a reduction waits for a connection to a member that never stood.
    ///   - keys: encrypt, and take chunks from members only; nil speaks in the clear with anyone.
    ///   - inTheClear: do not encrypt chunks, but prove of each who sent it, with `ChunkSeals`.
    /// - Throws: `ZeroMQError` if the endpoint cannot be bound, or the system gives no thread.
    public init(
        context: Context, bind endpoint: String, advertise host: String? = nil,
        chunkBytes: Int = 1 << 20, connectTimeout: Duration = .seconds(2), keys: PeerKeys? = nil,
        inTheClear: Bool = false
    ) throws(ZeroMQError) {
        let board = ProgressBoard()
        self.board = board
        let orders = try ExchangeOrders()
        let bound = try Mailbox<Result<String, ZeroMQError>>()
        thread = try DedicatedThread(name: "exchange") {
            do throws(ZeroMQError) {
                let (inbox, monitor) = try Self.inbox(
                    context, chunkBytes: chunkBytes, inTheClear ? nil : keys)
                let address = try Self.bind(inbox, to: endpoint, advertise: host).text
                bound.send(.success(keys?.keyed(address) ?? address))
                let thread = ExchangeThread(
                    context: context, orders: orders, inbox: inbox, monitor: monitor,
                    chunkBytes: chunkBytes, connectTimeout: connectTimeout, board: board,
                    keys: keys, seals: inTheClear ? try keys?.seals() : nil)
                thread.run()
            } catch {
                bound.send(.failure(error))
            }
        }
        self.orders = orders
        guard let outcome = bound.receive(timeout: nil) else {
            preconditionFailure("a wait without end has an outcome")
        }
        address = try outcome.get()
    }

    deinit {
        close()
    }

    private static func inbox(
        _ context: Context, chunkBytes: Int, _ keys: PeerKeys?
    ) throws(ZeroMQError) -> (Socket, SocketMonitor) {
        /// What a member that is not reducing yet holds in memory for each of the others.
        let bufferedBytes = 32 << 20
        var options = SocketOptions()
        options.receiveHighWaterMark = max(4, bufferedBytes / max(1, chunkBytes))
        options.handshakeInterval = SocketOptions.shortHandshake
        options.maximumMessageSize = ChunkLayout.largestChunk(chunkBytes: chunkBytes)
        options.curve = keys?.server("gradients")
        let inbox = try Socket(.pull, in: context, options: options)
        return (inbox, try SocketMonitor(inbox))
    }

    /// Binds the endpoint and, where that is TCP, a Unix socket for members on the same machine.
    private static func bind(
        _ inbox: Socket, to endpoint: String, advertise host: String?
    ) throws(ZeroMQError) -> ExchangeAddress {
        let bound = try inbox.bind(endpoint)
        guard bound.hasPrefix("tcp://"), let colon = bound.lastIndex(of: ":") else {
            return ExchangeAddress(endpoint: bound, local: nil)
        }
        let local = ExchangeAddress.local(beside: bound)
        if let local { try inbox.bind(local.endpoint) }
        return ExchangeAddress(
            endpoint: host.map { "tcp://\($0)\(bound[colon...])" } ?? bound, local: local)
    }
}

extension GradientExchange {
    /// Turns to the members of a new generation. A reduction that still runs is aborted.
    ///
    /// - Throws: `ExchangeError.unreachable` if an address is none; `.incomplete`, `.transport`, `.closed`.
    public func configure(_ membership: ExchangeMembership) throws(ExchangeError) {
        let answer = try Self.answer(of: Void.self)
        try orders.submit(.configure(membership, answer))
        try Self.wait(answer)
    }

    /// Sums a vector over all slots of all members, and blocks until every chunk is here and nothing
    /// reads the buffers any more.
    ///
    /// All members must reduce the same steps in the same order. Call it from one thread at a time.
    ///
    /// - Parameters:
    ///   - sums: what `SlotAccumulator.sums` holds; they stay as they are, whatever happens.
    ///   - target: the sum, the same bits for every member; undefined if this throws.
    /// - Returns: `VectorDigest.of` the target as it lies here.
    /// - Throws: `ExchangeError`. After `.connectionLost`, `.unreachable` or `.aborted` the member itself is
    ///   sound, and waits for the next generation: a peer that aborts first also closes its connections.
    public func reduce(
        step: Step, sums: [(subtree: Subtree, buffer: FloatBuffer)], into target: FloatBuffer
    ) throws(ExchangeError) -> Digest {
        try finish(begin(step: step, sums: sums, last: nil, into: target))
    }

    /// Begins what `reduce` does, with the member's last slot still being computed: chunks go their way as their
    /// part of it becomes final. Whoever begins must `finish` before it begins again or changes a buffer.
    ///
    /// - Parameters:
    ///   - sums: of the slots before; with `last` they make up this member's slots.
    ///   - last: told of its progress, and at the end finished, unless the generation ends.
    /// - Throws: `ExchangeError.closed`, `.transport`.
    public func begin(
        step: Step, sums: [(subtree: Subtree, buffer: FloatBuffer)], last: SlotUnderWay?,
        into target: FloatBuffer
    ) throws(ExchangeError) -> OngoingReduction {
        let others = isReducing.withLock { reducing in
            defer { reducing = true }
            return reducing
        }
        precondition(!others, "one reduction at a time")
        do {
            let answer = try Self.answer(of: Digest.self)
            let orders = orders
            // What is said after the end reaches nobody.
            last?.onAdvance { do { try orders.submit(.advanced) } catch {} }
            try orders.submit(
                .reduce(.init(step: step, sums: sums, last: last, target: target, answer: answer)))
            return OngoingReduction(last: last, answer: answer)
        } catch {
            isReducing.withLock { $0 = false }
            throw error
        }
    }

    /// Waits for the end of a reduction: with success, or once nothing reads its buffers any more.
    ///
    /// - Returns, Throws: as `reduce`.
    public func finish(_ reduction: OngoingReduction) throws(ExchangeError) -> Digest {
        defer { isReducing.withLock { $0 = false } }
        reduction.last?.onAdvance(nil)
        return try Self.wait(reduction.answer)
    }

    /// Ends whatever this generation of this term, or an older one, still reduces. From any thread; does not
    /// block.
    public func abort(_ generation: Generation, of term: Term) {
        // After the end there is nothing to abort.
        do { try orders.submit(.abort(term, generation)) } catch {}
    }

    /// How far the reduction under way is; nil where there is none. From any thread, at any time.
    public var progress: ExchangeProgress? { board.progress }

    /// Ends the exchange and waits for its thread. A reduction that runs throws `.closed`.
    public func close() {
        do { try orders.submit(.close) } catch {}
        do { try thread.join() } catch {
            preconditionFailure("the thread throws nothing: \(error)")
        }
    }

    private static func answer<Value>(
        of type: Value.Type
    ) throws(ExchangeError) -> ExchangeOrder.Answer<Value> {
        try ExchangeError.wrapping { () throws(ZeroMQError) in
            try ExchangeOrder.Answer<Value>()
        }
    }

    private static func wait<Value>(
        _ answer: ExchangeOrder.Answer<Value>
    ) throws(ExchangeError) -> Value {
        guard let outcome = answer.receive(timeout: nil) else {
            preconditionFailure("a wait without end has an outcome")
        }
        return try outcome.get()
    }
}
