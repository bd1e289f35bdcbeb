import TrainingProtocol
import ZeroMQ

/// The way to one other member: a socket, and what is to be sent on it.
final class ExchangeLane {
    /// How long an orderly close goes on handing over the last envelope. An abort does not wait.
    private static let linger = Duration.seconds(2)
    private static let reconnectInterval = Duration.milliseconds(50)

    /// Never used twice, so that what an old lane lets go of is not taken for a new lane's.
    let number: UInt64
    let rank: Int
    let address: String
    /// Of the member, where members have keys.
    let key: CurveKey?
    let socket: Socket
    let monitor: SocketMonitor
    /// Chunks that libzmq still holds.
    var inFlight = 0

    private var reduced: ArraySlice<Int> = []
    /// Of the member's chunks, in the order in which they become final.
    private var nextPlace = 0
    private var nextSum = 0
    private var isLost = false
    /// Whether a connection stands now.
    private var stands = false
    /// Whether a connection ever stood.
    private(set) var hasStood = false

    /// - Parameters:
    ///   - keys: Nil where members have none.
    ///   - inTheClear: Whether chunks are not encrypted all the same.
    /// - Throws: `ExchangeError.unreachable` where the address is none, or has no key; `.transport`.
    init(
        number: UInt64, rank: Int, address: PeerAddress, context: Context, keys: PeerKeys?,
        inTheClear: Bool
    ) throws(ExchangeError) {
        self.number = number
        self.rank = rank
        self.address = ExchangeAddress(address.endpoint).nearest
        var options = SocketOptions()
        // No limit: `ExchangeThread.window` limits what is in flight, and a send must never wait.
        options.sendHighWaterMark = 0
        options.linger = Self.linger
        options.reconnectInterval = Self.reconnectInterval
        key = address.key
        do {
            let role = try keys?.client(to: address)
            if !inTheClear { options.curve = role }
        } catch {
            throw .unreachable(peer: Rank(rank), address: address.endpoint)
        }
        (socket, monitor) = try ExchangeError.wrapping { () throws(ZeroMQError) in
            let socket = try Socket(.push, in: context, options: options)
            return (socket, try SocketMonitor(socket))
        }
        do {
            try socket.connect(toPeerAt: self.address)
        } catch {
            throw .unreachable(peer: Rank(rank), address: self.address)
        }
    }

    /// Starts over with a new reduction.
    func begin() {
        reduced = []
        nextPlace = 0
        nextSum = 0
    }

    func enqueue(reduced chunk: Int) {
        reduced.append(chunk)
    }

    /// Whether libzmq has taken everything of `reduction`, and let go of it.
    func isDone(_ reduction: Reduction) -> Bool {
        inFlight == 0 && reduced.isEmpty
            && (nextPlace == reduction.order[rank].count || reduction.sumsToSend == 0)
    }

    /// Whether the connection stood once and does not now. What was on its way may be lost then.
    func hasLostConnection() throws(ZeroMQError) -> Bool {
        while let event = try monitor.next() {
            switch event.kind {
            case .disconnected:
                // Before both sides have agreed nothing was on its way.
                if stands { isLost = true }
                stands = false
            case .connected: isLost = isLost && inFlight > 0
            case .handshakeSucceeded:
                hasStood = true
                stands = true
            default: break
            }
        }
        return isLost
    }

    /// The next chunk to send. Finished chunks go first: they are still in the cache, and the end of
    /// the reduction waits for them.
    func next(
        of reduction: Reduction, release: @escaping @Sendable () -> Void
    ) throws(ExchangeError) -> [Message]? {
        if let chunk = reduced.popFirst() {
            return try reduction.reduced(chunk, release: release)
        }
        let chunks = reduction.order[rank]
        guard nextPlace < chunks.count, reduction.sumsToSend > 0,
            reduction.isFinal(chunks[nextPlace])
        else { return nil }
        let frames = try reduction.partial(chunks[nextPlace], sum: nextSum, release: release)
        nextSum += 1
        if nextSum == reduction.sumsToSend {
            nextSum = 0
            nextPlace += 1
        }
        return frames
    }
}
