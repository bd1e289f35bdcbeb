import TrainingProtocol

// What workers do, and how long.

extension ClusterSimulation {
    func carryOut(_ directives: [WorkerDirective], at index: Int) {
        for directive in directives {
            switch directive {
            case .send(let message):
                queue.add(.toHead(message, from: index), at: now + costs.latency)
            case .interrupt(let generation): interrupt(index, before: generation)
            case .note: break
            case .end: nodes[index].isAlive = false
            default: nodes[index].orders.append(directive)
            }
        }
        beginOrder(index)
    }

    private func interrupt(_ index: Int, before generation: Generation) {
        nodes[index].oldest = generation
        guard nodes[index].isBusy, let order = nodes[index].orders.first else { return }
        switch order {
        case .load(_, let own, _), .reduce(_, let own):
            if own < generation { nextOrder(index) }
        default: break
        }
    }

    private func nextOrder(_ index: Int) {
        nodes[index].orders.removeFirst()
        nodes[index].isBusy = false
        nodes[index].turn += 1
        beginOrder(index)
    }

    private func plan(_ order: WorkerDirective, at index: Int, at time: Duration) {
        queue.add(.handsDone(index, turn: nodes[index].turn, order), at: time)
    }

    private func beginOrder(_ index: Int) {
        guard !nodes[index].isBusy, let order = nodes[index].orders.first else { return }
        nodes[index].isBusy = true
        nodes[index].turn += 1
        let state = Double(costs.stateBytes)
        switch order {
        case .compute(let step, let generation, let slots, _):
            guard generation >= nodes[index].oldest else { return nextOrder(index) }
            if nodes[index].step != step {
                nodes[index].step = step
                nodes[index].done = SlotSet()
            }
            computeNext(order, slots, at: index)
        case .reduce(_, let generation):
            guard generation >= nodes[index].oldest else { return nextOrder(index) }
            join(generation)
        case .load(let step, _, _):
            let length = step == Step(0) ? .zero : Duration.seconds(state / costs.workerLink)
            plan(order, at: index, at: now + length + costs.latency)
        case .attest: plan(order, at: index, at: now + .seconds(state / costs.memory))
        case .update:
            let length = Duration.seconds(
                (Double(costs.gradientBytes) + 2 * state) / costs.memory)
            plan(order, at: index, at: now + length)
        default: plan(order, at: index, at: now)
        }
    }

    private func computeNext(_ order: WorkerDirective, _ slots: SlotSet, at index: Int) {
        guard !slots.subtracting(nodes[index].done).isEmpty else {
            return plan(order, at: index, at: now)
        }
        let begin = max(now, clips(of: nodes[index].step, slots: slots.count, for: index))
        let share = Double(random.int(0...1000)) / 1000 * costs.jitter
        let length = costs.slot + costs.slot * share
        spend(length / Double(nodes.count), on: .computing)
        plan(order, at: index, at: begin + length)
    }

    /// An all-reduce ends for all when the last has come and what is to be moved has moved.
    private func join(_ generation: Generation) {
        if exchange.generation != generation { return }
        exchange.ready += 1
        guard exchange.ready == exchange.members else { return }
        exchange.ready = 0
        let (link, processor) = costs.exchange(members: exchange.members, covers: exchange.covers)
        spend(link, on: .workerLink)
        spend(processor, on: .workerProcessor)
        let end = now + max(link, processor) + costs.latency * 2
        for index in nodes.indices {
            guard nodes[index].isBusy, case .reduce? = nodes[index].orders.first,
                let order = nodes[index].orders.first
            else { continue }
            plan(order, at: index, at: end)
        }
    }

    func finish(_ order: WorkerDirective, at index: Int) {
        switch order {
        case .prepare:
            complete(
                index,
                .prepared(
                    Readiness(
                        model: Digest(high: 1, low: 1), gradientAddress: "\(index)",
                        stateAddress: "")))
        case .adopt(let generation, let members, _):
            if exchange.generation < generation {
                let covers = members.reduce(0) { $0 + $1.slots.subtrees }
                exchange = (generation, 0, members.count, covers)
            }
            nextOrder(index)
        case .load(let step, let generation, _): complete(index, .loaded(step, generation))
        case .attest(let step, let generation):
            complete(index, .attested(step, generation, Digest(high: 2, low: step.rawValue)))
        case .compute(let step, let generation, let slots, _):
            computed(order, step, generation, slots, at: index)
        case .reduce(let step, let generation):
            let times = PhaseTimes(computing: costs.slot * max(1, nodes[index].done.count))
            complete(
                index, .reduced(step, generation, Digest(high: 3, low: step.rawValue), times))
        case .update(let step): complete(index, .updated(step))
        default: nextOrder(index)
        }
    }

    private func complete(_ index: Int, _ event: WorkerEvent) {
        nextOrder(index)
        carryOut(nodes[index].machine.on(event, now: now), at: index)
    }

    private func computed(
        _ order: WorkerDirective, _ step: Step, _ generation: Generation, _ slots: SlotSet,
        at index: Int
    ) {
        if let slot = slots.subtracting(nodes[index].done).slots.first {
            nodes[index].done = nodes[index].done.union(SlotSet(slot..<slot + 1))
            let outcome = SlotOutcome(
                slot: Slot(slot), samples: schedule.sampleCount(of: Slot(slot), in: step),
                lossSum: 1, correct: 0)
            carryOut(nodes[index].machine.on(.slotDone(step, outcome), now: now), at: index)
        }
        guard generation >= nodes[index].oldest else { return nextOrder(index) }
        guard slots.subtracting(nodes[index].done).isEmpty else {
            nodes[index].turn += 1
            return computeNext(order, slots, at: index)
        }
        complete(index, .computed(step, generation))
    }
}
