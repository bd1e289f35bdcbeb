import TrainingProtocol

// The lives of workers, and what their machines direct.

extension Simulation {
    func startWorker(_ index: Int) {
        let old = workers[index]
        var fresh = SimulatedWorker(machine: Self.machine(index, life: old.life + 1))
        fresh.life = old.life + 1
        fresh.connection = old.connection + 1
        fresh.cutFromCoordinator = old.cutFromCoordinator
        fresh.cutToCoordinator = old.cutToCoordinator
        workers[index] = fresh
        tell("worker \(index) starts, life \(fresh.life)")
        let time = now
        carryOut(workers[index].machine.start(now: time), at: index)
        queue.add(
            .workerTick(worker: index, life: fresh.life), at: now + random.milliseconds(1...100))
    }

    func deliver(_ event: WorkerEvent, to index: Int) {
        if !event.isRoutine { tell("worker \(index) <- \(event)") }
        let time = now + workers[index].clock
        carryOut(workers[index].machine.on(event, now: time), at: index)
    }

    func carryOut(_ directives: [WorkerDirective], at index: Int) {
        for directive in directives {
            switch directive {
            case .send(let message): send(message, from: index)
            case .interrupt(let generation): interrupt(index, before: generation)
            case .note: break
            case .end(let outcome): return end(index, outcome)
            case .prepare, .adopt, .load, .attest, .compute, .reduce, .update, .evaluate, .upload:
                workers[index].orders.append(directive)
            }
        }
        beginOrder(index)
    }

    private func end(_ index: Int, _ outcome: WorkerOutcome) {
        tell("worker \(index) ends: \(outcome)")
        workers[index].isAlive = false
        switch outcome {
        case .completed: break
        case .refused(let reason): violate("worker \(index) was refused: \(reason)")
        case .failed(let reason) where !reason.contains("nobody answers"):
            violate("worker \(index) failed: \(reason)")
        case .failed, .left, .leftUnheard, .withdrew, .stopped, .orphaned:
            queue.add(.startWorker(index), at: now + random.milliseconds(100...3000))
        }
    }
}
