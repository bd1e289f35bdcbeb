import ZeroMQ

/// A lane's clips from announcement to delivery, as the thread that fetches keeps them.
///
/// Replies may come in any order (a damaged one is asked for again, a new connection answers anew); clips are
/// delivered in the order of their announcement.
struct LaneRequests {
    /// Requests without a reply at once: far fewer than the coordinator queues replies for.
    private static let maximumOpen = 1024

    let lane: ClipLane
    /// Bytes of clips to hold at once, asked for and not yet taken.
    private let budget: Int
    private var bytes = 0
    private var wanted: [ClipRequestKey] = []
    /// The next of `wanted` to be asked for.
    private var next = 0
    private var asked = 0
    private var delivered = 0
    /// The restart that was heard of last, and the number of the first request after it.
    private var round = 0
    private(set) var first = 0
    /// By number, what came before its turn.
    private var early: [Int: Result<ClipLane.Delivery, WorkingError>] = [:]

    init(_ lane: ClipLane, budget: Int) {
        self.lane = lane
        self.budget = budget
    }

    /// Takes in what the compute thread announced and took.
    ///
    /// - Returns: Whether requests before `first` are not wanted any more.
    mutating func listen() -> Bool {
        var restarted = false
        for command in lane.commands.drain() {
            switch command {
            case .want(let keys): wanted += keys
            case .taken(let taken): bytes -= taken
            case .restart(let round):
                self.round = round
                wanted = []
                next = 0
                bytes = 0
                early = [:]
                first = asked
                delivered = asked
                restarted = true
            }
        }
        return restarted
    }

    /// The next clip to ask for and its number in the lane, while there is one and room for it.
    mutating func ask() -> (number: Int, key: ClipRequestKey)? {
        guard next < wanted.count else {
            wanted.removeAll(keepingCapacity: true)
            next = 0
            return nil
        }
        let key = wanted[next]
        // One clip is always let through, however large, or nothing would ever move.
        guard bytes == 0 || bytes + key.bytes <= budget, asked - delivered < Self.maximumOpen
        else { return nil }
        bytes += key.bytes
        next += 1
        asked += 1
        return (asked - 1, key)
    }

    /// Delivers a clip, and those behind it that came before it.
    mutating func settle(_ number: Int, _ result: Result<ClipLane.Delivery, WorkingError>) {
        guard number >= first else { return }
        early[number] = result
        while let turn = early.removeValue(forKey: delivered) {
            lane.deliver(turn, round: round)
            delivered += 1
        }
    }
}
