import TrainingProtocol

// Messages on their way.

extension Simulation {
    /// Links between a worker and the coordinator keep their order; links do not wait for each other.
    private func arrival(_ direction: Int, _ worker: Int) -> Duration {
        let time = max(arrivals[direction][worker], now + random.milliseconds(0...plan.delay))
        arrivals[direction][worker] = time
        return time
    }

    /// How many times a message arrives.
    private func copies() -> Int {
        guard !isCalm else { return 1 }
        if plan.loss > 0, random.once(in: plan.loss) {
            statistics[.lostMessages] += 1
            return 0
        }
        return plan.duplication > 0 && random.once(in: plan.duplication) ? 2 : 1
    }

    func send(_ message: Stamped<WorkerMessage>, from index: Int) {
        statistics[.messages] += 1
        let worker = workers[index]
        guard let life = coordinator?.life, !worker.cutToCoordinator else { return }
        let peer = SimulatedCoordinator.Peer(
            worker: index, life: worker.life, connection: worker.connection)
        for _ in 0..<copies() {
            queue.add(.toCoordinator(from: peer, life: life, message), at: arrival(0, index))
        }
    }

    func send(
        _ message: Stamped<CoordinatorMessage>, to peer: SimulatedCoordinator.Peer
    ) {
        statistics[.messages] += 1
        guard !workers[peer.worker].cutFromCoordinator else { return }
        for _ in 0..<copies() {
            queue.add(.toWorker(peer, message), at: arrival(1, peer.worker))
        }
    }

    // MARK: The exchange of sums

    func sendSums(_ index: Int, _ step: Step, _ generation: Generation) {
        let worker = workers[index]
        guard let me = worker.members.first(where: { $0.gradientAddress == "\(index)" }) else {
            return violate("worker \(index) reduces in a generation that it is no member of")
        }
        let sums = me.slots.slots.map { (slot: $0, value: worker.sums[$0] ?? 0) }
        let message = SumsMessage(
            term: worker.term, generation: generation, step: step, sender: me.worker, sums: sums)
        workers[index].inbox.append(message)
        for member in worker.members {
            guard let other = Int(member.gradientAddress), other != index else { continue }
            let isCut = cuts.contains { $0.from == index && $0.to == other }
            if !workers[other].isAlive || (isCut && random.once(in: 2)) {
                // A connection that is refused or breaks is noticed; a silent one is not.
                nextOrder(index)
                return deliver(
                    .stalled(
                        step, generation, reason: "its connection to \(other) closed",
                        accused: rank(of: other, at: index)),
                    to: index)
            }
            guard !isCut else { continue }
            for _ in 0..<copies() {
                queue.add(
                    .sums(to: other, life: workers[other].life, message),
                    at: now + random.milliseconds(0...plan.delay))
            }
        }
    }

    /// The rank of a worker among the members that another knows.
    func rank(of index: Int, at other: Int) -> Rank? {
        workers[other].members.firstIndex { $0.gradientAddress == "\(index)" }.map { Rank($0) }
    }

    func receive(_ message: SumsMessage, at index: Int) {
        workers[index].inbox.append(message)
        reduceIfWhole(index)
    }

    /// The reduction under way ends when all members' sums are here.
    func reduceIfWhole(_ index: Int) {
        let worker = workers[index]
        guard worker.isBusy, case .reduce(let step, let generation)? = worker.orders.first else {
            return
        }
        workers[index].inbox.removeAll {
            ($0.term, $0.generation, $0.step) < (worker.term, generation, step)
        }
        var sums: [(slot: Int, value: UInt64)] = []
        for member in worker.members {
            let found = workers[index].inbox.first {
                $0.sender == member.worker && $0.generation == generation && $0.step == step
                    && $0.term == worker.term
            }
            guard let found else {
                let ranks = worker.members.indices.filter { rank in
                    !workers[index].inbox.contains { $0.sender == worker.members[rank].worker }
                }
                deliver(
                    .awaiting(
                        Awaiting(
                            ranks: ranks.map { Rank($0) }, chunk: 0, chunks: 1,
                            bytes: worker.members.count - ranks.count)), to: index)
                return
            }
            sums += found.sums
        }
        let value = Arithmetic.reduced(sums)
        workers[index].reduced = (step, value)
        nextOrder(index)
        deliver(
            .reduced(
                step, generation, Arithmetic.digest(value),
                PhaseTimes(
                    computing: .milliseconds(40 * worker.slowness * max(1, worker.sums.count)))),
            to: index)
    }
}
