import TrainingProtocol

// What goes wrong, and how it ends.

extension Simulation {
    func planFault() {
        guard now < plan.faultsUntil else { return }
        let pause = random.milliseconds(plan.faultPause / 4...plan.faultPause * 2)
        queue.add(.fault, at: now + pause)
    }

    /// Lets one thing go wrong.
    func disturb() {
        guard now < plan.faultsUntil else { return }
        let index = random.int(0...workers.count - 1)
        statistics[.faults] += 1
        switch random.int(1...16) {
        case 1...3: kill(index)
        case 4:
            tell("every worker is killed")
            for index in workers.indices { kill(index) }
        case 5: crashCoordinator("killed")
        case 6:
            crashCoordinator("killed, and all workers with it")
            for index in workers.indices { kill(index) }
        case 7:
            let time = random.milliseconds(100...5000)
            tell("worker \(index) hangs for \(time)")
            let until = now + time
            workers[index].pausedUntil = until
        case 8:
            let time = random.milliseconds(100...5000)
            tell("the coordinator hangs for \(time)")
            let until = now + time
            coordinator?.pausedUntil = until
        case 9:
            breakConnection(index)
        case 10: cutOff(index)
        case 11: cutBetween(index)
        case 12:
            workers[index].slowness = random.int(5...40)
            tell("worker \(index) is \(workers[index].slowness) times slower")
            queue.add(.heal(.speed(index)), at: now + random.milliseconds(1000...8000))
        case 13:
            disk.condition = random.once(in: 2) ? .full : .failing
            tell("the disk is \(disk.condition)")
            queue.add(.heal(.disk), at: now + random.milliseconds(100...6000))
        case 14:
            let jump = random.milliseconds(100...4000)
            tell("a clock jumps by \(jump)")
            if random.once(in: 2) {
                coordinator?.clock += jump
            } else {
                workers[index].clock += jump
            }
        case 15:
            guard workers[index].isAlive else { return }
            deliver(.leaveRequested(reason: "asked to"), to: index)
        default: changeCourse(index)
        }
    }

    private func changeCourse(_ index: Int) {
        switch random.int(1...3) {
        case 1:
            tell("someone asks the run to stop")
            deliver(.stopRequested(reason: "asked to"))
        case 2:
            guard var current = coordinator else { return }
            let worker = WorkerID(UInt64(random.int(1...20)))
            let peer = SimulatedCoordinator.Peer(worker: index, life: -1, connection: -1)
            let number = current.number(of: peer)
            coordinator = current
            let drain = Stamped(
                run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
                body: WorkerMessage.drain(worker))
            deliver(.received(drain, from: number))
        default:
            guard workers.count < 6 else { return }
            tell("one more worker comes")
            var fresh = SimulatedWorker(machine: Self.machine(workers.count, life: 0))
            fresh.isAlive = false
            workers.append(fresh)
            arrivals[0].append(now)
            arrivals[1].append(now)
            startWorker(workers.count - 1)
        }
    }

    private func kill(_ index: Int) {
        guard workers[index].isAlive else { return }
        tell("worker \(index) is killed")
        statistics[.kills] += 1
        workers[index].isAlive = false
        // A closed connection is mostly noticed at once; a machine that is gone is not.
        if !random.once(in: 4) { reportClosed(index) }
        queue.add(.startWorker(index), at: now + random.milliseconds(50...4000))
    }

    private func reportClosed(_ index: Int) {
        guard let life = coordinator?.life else { return }
        let peer = SimulatedCoordinator.Peer(
            worker: index, life: workers[index].life, connection: workers[index].connection)
        queue.add(.disconnected(peer, life: life), at: now + random.milliseconds(1...150))
        // Reductions that wait for it notice, too.
        for other in workers.indices where other != index && workers[other].isAlive {
            guard case .reduce(let step, let generation)? = workers[other].orders.first,
                workers[other].isBusy, random.once(in: 2),
                workers[other].members.contains(where: { $0.gradientAddress == "\(index)" })
            else { continue }
            nextOrder(other)
            deliver(
                .stalled(
                    step, generation, reason: "its connection to \(index) closed",
                    accused: rank(of: index, at: other)), to: other)
        }
    }

    private func breakConnection(_ index: Int) {
        guard workers[index].isAlive else { return }
        tell("the connection of worker \(index) breaks")
        reportClosed(index)
        workers[index].connection += 1
    }

    func crashCoordinator(_ how: String) {
        guard coordinator != nil else { return }
        tell("the coordinator is \(how)")
        statistics[.crashes] += 1
        coordinator = nil
        queue.add(.startCoordinator, at: now + random.milliseconds(50...5000))
    }

    private func cutOff(_ index: Int) {
        let ways = random.int(1...3)
        workers[index].cutFromCoordinator = ways != 1
        workers[index].cutToCoordinator = ways != 2
        tell("worker \(index) is cut off, way \(ways)")
        queue.add(.heal(.link(index)), at: now + random.milliseconds(100...5000))
    }

    private func cutBetween(_ index: Int) {
        guard workers.count > 1 else { return }
        let other = (index + random.int(1...workers.count - 1)) % workers.count
        cuts.append((index, other))
        if random.once(in: 2) { cuts.append((other, index)) }
        tell("workers \(index) and \(other) cannot reach each other")
        queue.add(.heal(.link(index)), at: now + random.milliseconds(100...12_000))
    }

    func heal(_ what: Heal) {
        switch what {
        case .disk: disk.condition = .sound
        case .speed(let index): workers[index].slowness = 1
        case .link(let index):
            workers[index].cutFromCoordinator = false
            workers[index].cutToCoordinator = false
            cuts.removeAll { $0.from == index || $0.to == index }
        }
    }

    /// No more faults: now the run must come to its end.
    func calm() {
        tell("no more faults")
        isCalm = true
        disk.condition = .sound
        cuts = []
        coordinator?.pausedUntil = now
        for index in workers.indices {
            workers[index].cutFromCoordinator = false
            workers[index].cutToCoordinator = false
            workers[index].slowness = 1
            workers[index].pausedUntil = now
        }
        if let lasting = plan.lasting { afflict(random.int(0...workers.count - 1), lasting) }
    }

    private func afflict(_ index: Int, _ lasting: SimulationPlan.Lasting) {
        tell("worker \(index) \(lasting) for good")
        switch lasting {
        case .hangs: workers[index].hangs = true
        case .isUnreachable:
            for other in workers.indices where other != index { cuts.append((other, index)) }
        case .reachesNobody:
            for other in workers.indices where other != index { cuts.append((index, other)) }
        case .sendsNoState: workers[index].sendsNoState = true
        }
    }
}
