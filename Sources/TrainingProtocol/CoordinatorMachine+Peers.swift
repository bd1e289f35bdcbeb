extension CoordinatorMachine {
    /// A worker that has said hello.
    struct Peer: Sendable {
        let worker: WorkerID
        let connection: ConnectionID
        let hello: Hello
        var lastHeard: Duration
        var readiness: Readiness?
        /// The step whose state it holds once it has done all that it was told.
        var holds: Step?
        var isMember = false
        /// Whether it had to load the state when this generation began.
        var wasLoading = false
        var slots = SlotSet()
        /// So many times it was asked in vain for a state that others waited for.
        var timesAsked = 0
        var attested: Digest?
        var report: StepReport?
        /// Blocks of an evaluation that it was dealt.
        var blocks: [Int] = []
        var hasEvaluated = false
        /// Asked to go, or told to.
        var leaving: String?
        var progress: Progress?
        /// When its progress last changed.
        var advanced: Duration
        /// Smoothed seconds for a slot, as it was measured.
        var pace: Double?
        /// Commits in a row at which it had no slots.
        var idle = 0
        /// Whether it has slots again, and has not shown yet how fast it is now.
        var isOnTrial = false
        /// Trials in a row that it did not stand.
        var failedTrials = 0
        /// When something was last said again to it.
        var repeated: Duration?
    }

    func index(of connection: ConnectionID) -> Int? {
        places[connection]
    }

    mutating func add(_ peer: Peer) {
        places[peer.connection] = peers.count
        peers.append(peer)
    }

    mutating func remove(_ index: Int) -> Peer {
        let peer = peers.remove(at: index)
        places[peer.connection] = nil
        for later in index..<peers.count { places[peers[later].connection] = later }
        agreed = 0
        return peer
    }

    /// Places of the generation's members.
    var members: [Int] { peers.indices.filter { peers[$0].isMember } }
}
