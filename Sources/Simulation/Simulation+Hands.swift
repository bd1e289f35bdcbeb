import TrainingProtocol

// What the hands of a worker do, in the order in which its machine has directed it.

extension Simulation {
    /// Ends what the hands do for older generations, unless it is an update.
    func interrupt(_ index: Int, before generation: Generation) {
        workers[index].oldest = generation
        guard workers[index].isBusy, let order = workers[index].orders.first else { return }
        switch order {
        case .load(_, let own, _), .reduce(_, let own), .evaluate(_, let own, _):
            if own < generation { nextOrder(index) }
        default:
            // A slot under way is finished first, and the rest of them left.
            break
        }
    }

    func nextOrder(_ index: Int) {
        workers[index].orders.removeFirst()
        workers[index].isBusy = false
        workers[index].turn += 1
        beginOrder(index)
    }

    func beginOrder(_ index: Int) {
        guard !workers[index].isBusy, let order = workers[index].orders.first else { return }
        workers[index].isBusy = true
        workers[index].turn += 1
        switch order {
        case .compute(let step, let generation, let slots, let contested):
            guard workers[index].wants(generation) else { return nextOrder(index) }
            takeOver(index, step, slots, contested)
            plan(order, at: index, in: missing(index, slots).isEmpty ? .zero : slotTime(index))
        case .reduce(let step, let generation):
            guard workers[index].wants(generation) else { return nextOrder(index) }
            sendSums(index, step, generation)
            reduceIfWhole(index)
        case .prepare: plan(order, at: index, in: random.milliseconds(10...300))
        case .adopt: plan(order, at: index, in: .zero)
        case .load: plan(order, at: index, in: random.milliseconds(20...800))
        case .attest: plan(order, at: index, in: random.milliseconds(1...10))
        case .update: plan(order, at: index, in: random.milliseconds(1...100))
        case .evaluate: plan(order, at: index, in: random.milliseconds(10...300))
        case .upload: plan(order, at: index, in: random.milliseconds(10...300))
        case .send, .interrupt, .note, .end: break
        }
    }

    private func plan(_ order: WorkerDirective, at index: Int, in time: Duration) {
        let worker = workers[index]
        queue.add(
            .handsDone(worker: index, life: worker.life, turn: worker.turn, order), at: now + time)
    }

    private func slotTime(_ index: Int) -> Duration {
        random.milliseconds(20...60) * workers[index].slowness
    }

    private func missing(_ index: Int, _ slots: SlotSet) -> [Int] {
        slots.slots.filter { workers[index].sums[$0] == nil }
    }

    func finish(_ order: WorkerDirective, at index: Int) {
        switch order {
        case .prepare(_, let term, _):
            workers[index].term = term
            nextOrder(index)
            deliver(
                .prepared(
                    Readiness(
                        model: Digest(high: 1, low: 1), gradientAddress: "\(index)",
                        stateAddress: "\(index)")), to: index)
        case .adopt(let generation, let members, _):
            if workers[index].wants(generation) { workers[index].members = members }
            nextOrder(index)
        case .load(let step, let generation, let source):
            load(index, step, generation, source)
        case .attest(let step, let generation):
            let digest = workers[index].state.map { Arithmetic.digest($0.value) }
            let isWanted = workers[index].wants(generation)
            nextOrder(index)
            if isWanted, let digest { deliver(.attested(step, generation, digest), to: index) }
        case .compute(let step, let generation, let slots, let contested):
            computed(index, order, step, generation, slots, contested)
        case .update(let step): update(index, step)
        case .evaluate(let step, let generation, let blocks):
            nextOrder(index)
            deliver(
                .evaluated(
                    step, generation,
                    blocks.map {
                        BlockOutcome(block: $0, samples: 2, lossSum: 1, top1: 1, top5: 2)
                    }), to: index)
        case .upload(let step):
            upload(index, step)
            nextOrder(index)
        case .reduce, .send, .interrupt, .note, .end:
            break
        }
    }

    private func load(
        _ index: Int, _ step: Step, _ generation: Generation, _ source: StateSource
    ) {
        workers[index].state = nil
        workers[index].sumsStep = nil
        workers[index].parked = nil
        var value: UInt64?
        switch source {
        case .coordinator:
            if step == Step(0) {
                value = arithmetic.first
            } else if let newest = coordinator?.newest, newest.step == step {
                value = newest.state
            }
        case .members(let addresses):
            value =
                addresses.compactMap { address -> UInt64? in
                    guard let donor = Int(address), donor != index, workers[donor].isAlive,
                        let state = workers[donor].state, state.step == step
                    else { return nil }
                    return state.value
                }.first
        }
        if let value { workers[index].state = (step, value) }
        nextOrder(index)
        let event: WorkerEvent =
            value == nil
            ? .loadFailed(step, generation, reason: "nobody offers it") : .loaded(step, generation)
        deliver(event, to: index)
    }

    private func takeOver(
        _ index: Int, _ step: Step, _ slots: SlotSet, _ contested: SlotSet
    ) {
        if workers[index].sumsStep != step {
            workers[index].sums = [:]
            workers[index].spares = [:]
            workers[index].sumsStep = step
        }
        for slot in 0..<plan.schedule.slots where !slots.contains(slot) {
            workers[index].sums[slot] = nil
        }
        if let parked = workers[index].parked, parked.step == step {
            workers[index].spares[parked.slot] = parked.value
            if contested.contains(parked.slot) {
                let digest = Arithmetic.digest(parked.value)
                deliver(.witnessed(step, Slot(parked.slot), digest), to: index)
            }
        }
        workers[index].parked = nil
        for slot in slots.slots where workers[index].sums[slot] == nil {
            workers[index].sums[slot] = workers[index].spares[slot]
        }
    }

    /// A slot is done, or there was none to do.
    private func computed(
        _ index: Int, _ order: WorkerDirective, _ step: Step, _ generation: Generation,
        _ slots: SlotSet, _ contested: SlotSet
    ) {
        guard let state = workers[index].state, state.step.next == step else {
            violate("worker \(index) computes step \(step) without the state before it")
            return
        }
        if let slot = missing(index, slots).first {
            let value = arithmetic.value(of: slot, in: step, state: state.value)
            let outcome = SlotOutcome(
                slot: Slot(slot), samples: plan.schedule.sampleCount(of: Slot(slot), in: step),
                lossSum: 1, correct: 0)
            if workers[index].wants(generation) {
                workers[index].sums[slot] = value
            } else {
                workers[index].parked = (step, slot, value)
            }
            if workers[index].wants(generation), contested.contains(slot) {
                deliver(.witnessed(step, Slot(slot), Arithmetic.digest(value)), to: index)
            }
            deliver(.slotDone(step, outcome), to: index)
        }
        guard workers[index].wants(generation) else { return nextOrder(index) }
        guard missing(index, slots).isEmpty else {
            workers[index].turn += 1
            return plan(order, at: index, in: slotTime(index))
        }
        nextOrder(index)
        deliver(.computed(step, generation), to: index)
    }

    private func update(_ index: Int, _ step: Step) {
        guard let state = workers[index].state, state.step.next == step,
            let reduced = workers[index].reduced, reduced.step == step
        else {
            violate("worker \(index) updates to step \(step) without what it takes")
            return
        }
        let value = Arithmetic.next(state.value, reduced.value)
        if disk.commits.last.map({ $0.step < step }) ?? true {
            violate("worker \(index) updates to step \(step), which is in no journal")
        }
        if value != truth.states[Int(step.rawValue)] {
            violate("worker \(index) holds another state of step \(step) than the undisturbed one")
        }
        workers[index].state = (step, value)
        workers[index].sumsStep = nil
        nextOrder(index)
        deliver(.updated(step), to: index)
    }

    private func upload(_ index: Int, _ step: Step) {
        guard !workers[index].sendsNoState, let state = workers[index].state, state.step == step,
            let life = coordinator?.life
        else { return }
        queue.add(
            .uploaded(life: life, step: step, state: state.value),
            at: now + random.milliseconds(10...500))
    }
}
