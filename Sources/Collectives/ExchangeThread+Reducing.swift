import TrainingProtocol
import ZeroMQ

// Why nothing deadlocks. A send never waits: lanes have no high-water mark, and what is in flight is
// limited by `window`, which fills up again as peers read. A member reads its inbox all through a
// reduction, whatever its own sending does. It stops reading in three cases only: it is not reducing, and
// others wait for it anyway; its reduction failed, and the generation with it; or `maximumNewer`
// messages of a later time wait, which a peer sends only after everyone has finished this step or after
// this generation was aborted. So of the members that reduce, each one's chunks are taken by each
// other, all partial sums arrive, owners finish their chunks, and these arrive too.
//
// Memory: a member holds at most the partial sums of its own chunks (others' share of one vector a
// subtree), `maximumNewer` chunks of a later time, and the inbox's high-water mark a peer.

extension ExchangeThread {
    func configure(_ membership: ExchangeMembership) -> Result<Void, ExchangeError> {
        if let old = self.membership, answer != nil { fail(.aborted(old.generation)) }
        lanes = []
        lostSenders = []
        failure = nil
        guard membership.isWhole else {
            self.membership = nil
            resetPoller()
            return .failure(.incomplete(membership.generation))
        }
        self.membership = membership
        newer.removeAll { $0.envelope.run != membership.run }
        names = membership.members.map { PeerAddress($0.address).key?.description }
        let me = membership.me.rawValue
        // Beginning behind oneself spreads the members' first chunks over all owners.
        let others = Array(me + 1..<membership.members.count) + Array(0..<me)
        do throws(ExchangeError) {
            for rank in others {
                lanesMade += 1
                lanes.append(
                    try ExchangeLane(
                        number: lanesMade, rank: rank,
                        address: PeerAddress(membership.members[rank].address), context: context,
                        keys: keys, inTheClear: seals != nil))
            }
        } catch {
            fail(error)
            return .failure(error)
        }
        resetPoller()
        return .success(())
    }

    func begin(_ order: ExchangeOrder.Reduce) {
        precondition(answer == nil, "one reduction at a time")
        guard let membership else {
            order.answer.send(.failure(.notConfigured))
            return
        }
        if let newestAborted, membership.life <= newestAborted {
            order.answer.send(.failure(.aborted(membership.generation)))
            return
        }
        if let failure {
            order.answer.send(.failure(failure))
            return
        }
        let reduction = Reduction(
            step: order.step, membership: membership, sums: order.sums, last: order.last,
            target: order.target, chunkBytes: chunkBytes, at: .now)
        self.reduction = reduction
        board.begin(reduction)
        answer = order.answer
        for lane in lanes { lane.begin() }
        let waiting = newer
        newer = []
        do {
            for arrival in waiting { try sort(arrival, reduction) }
        } catch {
            fail(error)
        }
    }

    /// One turn: read a little, add a little, send what fits.
    func advance(_ reduction: Reduction, reading: Bool) throws(ExchangeError) {
        var emptied = false
        reduction.noteFinalChunks()
        if reading { emptied = try read(reduction) }
        if let chunk = try reduction.finishNextReady() { send(reduced: chunk) }
        try pump(reduction)
        try checkConnections(reduction, inboxIsEmpty: emptied)
        if reduction.unfinished == 0, lanes.allSatisfy({ $0.isDone(reduction) }) {
            result = .success(reduction.digest)
        }
    }

    /// - Returns: whether nothing more is there to read.
    private func read(_ reduction: Reduction) throws(ExchangeError) -> Bool {
        for _ in 0..<Self.readsATurn {
            let received = try ExchangeError.wrapping { () throws(ZeroMQError) in
                try inbox.tryReceive()
            }
            guard let frames = received else { return true }
            // Of another run: a worker of that has this one's address from before, and whether it goes says nothing.
            guard let arrival = arrival(frames),
                arrival.envelope.run == reduction.membership.run
            else { continue }
            let envelope = arrival.envelope
            let moment = envelope.moment
            try ExchangeError.wrapping { () throws(ZeroMQError) in
                try senders.note(
                    frames,
                    from: Sender(
                        term: moment.term, generation: moment.generation, rank: envelope.sender))
            }
            // In another generation the rank is another member's.
            if moment.generation == reduction.moment.generation,
                moment.term == reduction.moment.term
            {
                lostSenders.removeAll { $0 == envelope.sender }
            }
            try sort(arrival, reduction)
        }
        return false
    }

    /// Drops what is of the past, keeps what is of a time to come, takes the rest.
    private func sort(_ arrival: Arrival, _ reduction: Reduction) throws(ExchangeError) {
        let envelope = arrival.envelope
        guard envelope.moment >= reduction.moment else { return }
        if envelope.moment > reduction.moment {
            newer.append(arrival)
        } else if speaksForItself(arrival),
            let chunk = try reduction.accept(envelope, arrival.bulk)
        {
            send(reduced: chunk)
        }
    }

    private func send(reduced chunk: Int) {
        for lane in lanes { lane.enqueue(reduced: chunk) }
    }

    /// Fills the window of every lane, one chunk each in turn.
    private func pump(_ reduction: Reduction) throws(ExchangeError) {
        var progress = true
        while progress {
            progress = false
            for lane in lanes where lane.inFlight < Self.window {
                let mailbox = orders.mailbox
                let number = lane.number
                let next = try lane.next(of: reduction) { mailbox.send(.released(lane: number)) }
                guard let next else { continue }
                let frames = try sealed(next, reduction, for: lane)
                outstanding += 1
                lane.inFlight += 1
                try ExchangeError.wrapping { () throws(ZeroMQError) in
                    try lane.socket.send(frames)
                }
                progress = true
            }
        }
    }

    /// A connection that closes takes with it what was on its way. TCP and libzmq would connect again
    /// and never send it again, so that the reduction would wait for ever.
    private func checkConnections(
        _ reduction: Reduction, inboxIsEmpty: Bool
    ) throws(ExchangeError) {
        try ExchangeError.wrapping { () throws(ZeroMQError) in try noteLostSenders() }
        // What a member sent before its connection closed may still lie in the inbox; and one that
        // has all, and from whom all is here, may leave.
        for lane in lanes {
            let lost = try ExchangeError.wrapping { () throws(ZeroMQError) in
                try lane.hasLostConnection()
            }
            let cannotSend = lost && !lane.isDone(reduction)
            let cannotReceive =
                (lost || lostSenders.contains(lane.rank)) && inboxIsEmpty
                && reduction.awaits(lane.rank)
            if cannotSend || cannotReceive {
                throw .connectionLost(peer: Rank(lane.rank), address: lane.address)
            }
        }
        guard !lanes.allSatisfy(\.hasStood), reduction.begun + connectTimeout <= .now else {
            return
        }
        let missing = lanes.first {
            !$0.hasStood && (!$0.isDone(reduction) || reduction.awaits($0.rank))
        }
        if let missing {
            throw .unreachable(peer: Rank(missing.rank), address: missing.address)
        }
    }

    private func noteLostSenders() throws(ZeroMQError) {
        for sender in try senders.takeLost() {
            let isCurrent =
                sender.generation == membership?.generation && sender.term == membership?.term
            if isCurrent { lostSenders.append(sender.rank) }
        }
    }

    /// Between reductions connections may come and go; only where they stand in the end counts.
    func forgetIdleEvents() throws(ZeroMQError) {
        try noteLostSenders()
        for lane in lanes { _ = try lane.hasLostConnection() }
    }
}
