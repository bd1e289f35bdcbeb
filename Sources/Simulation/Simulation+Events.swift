import TrainingProtocol

// What happens when the time of an event has come.

extension Simulation {
    func handle(_ event: Event) {
        switch event {
        case .coordinatorTick(let life):
            guard let coordinator, coordinator.life == life else { return }
            queue.add(.coordinatorTick(life: life), at: now + .milliseconds(100))
            guard coordinator.pausedUntil <= now else { return }
            deliver(.tick)
        case .workerTick(let index, let life):
            guard workers[index].life == life, workers[index].isAlive else { return }
            queue.add(.workerTick(worker: index, life: life), at: now + .milliseconds(100))
            guard workers[index].pausedUntil <= now else { return }
            deliver(.tick, to: index)
        case .toCoordinator(let peer, let life, let message):
            guard let number = connection(of: peer, in: life, for: event) else { return }
            deliver(.received(message, from: number))
        case .toWorker(let peer, let message):
            let worker = workers[peer.worker]
            guard worker.isAlive, worker.life == peer.life, worker.connection == peer.connection
            else { return }
            guard worker.pausedUntil <= now else {
                queue.add(event, at: worker.pausedUntil)
                return
            }
            deliver(.received(message), to: peer.worker)
        case .disconnected(let peer, let life):
            guard let number = connection(of: peer, in: life, for: event) else { return }
            deliver(.disconnected(number, reason: "its connection closed"))
        case .sums(let index, let life, let message):
            guard workers[index].isAlive, workers[index].life == life else { return }
            guard workers[index].pausedUntil <= now else {
                queue.add(event, at: workers[index].pausedUntil)
                return
            }
            receive(message, at: index)
        case .handsDone(let index, let life, let turn, let order):
            guard workers[index].isAlive, workers[index].life == life, workers[index].turn == turn,
                !workers[index].hangs
            else { return }
            guard workers[index].pausedUntil <= now else {
                queue.add(event, at: workers[index].pausedUntil)
                return
            }
            finish(order, at: index)
        case .uploaded(let life, let step, let state):
            guard coordinator?.life == life else { return }
            deliver(.stateArrived(step))
            queue.add(
                .stateWritten(life: life, step: step, state: state),
                at: now + random.milliseconds(1...800))
        case .stateWritten(let life, let step, let state):
            write(life, step, state)
        case .startCoordinator:
            if coordinator == nil { startCoordinator() }
        case .startWorker(let index):
            if !workers[index].isAlive { startWorker(index) }
        case .fault:
            disturb()
            planFault()
        case .heal(let what): heal(what)
        case .calm: calm()
        }
    }

    /// How the coordinator numbers a peer; nil where it has ended since, or is paused: then the event comes later.
    private func connection(
        of peer: SimulatedCoordinator.Peer, in life: Int, for event: Event
    ) -> ConnectionID? {
        guard var current = coordinator, current.life == life else { return nil }
        guard current.pausedUntil <= now else {
            queue.add(event, at: current.pausedUntil)
            return nil
        }
        defer { coordinator = current }
        return current.number(of: peer)
    }
}
