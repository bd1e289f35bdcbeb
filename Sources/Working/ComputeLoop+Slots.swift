import Collectives
import Configuration
import Tensors
import Training
import TrainingProtocol
import ZeroMQ

extension ComputeLoop {
    /// Computes what is missing of the slots, and adds it up.
    func compute(
        _ step: Step, _ generation: Generation, _ slots: SlotSet, contested: SlotSet
    ) throws {
        guard control.wants(generation), accumulator != nil else { return }
        let run = try current()
        takeOver(step, slots, contested: contested)
        let missing = accumulator?.missing ?? []
        if announced != generation {
            run.clips.redeal()
            announced = generation
        }
        run.clips.announce(step: step, missing: missing, ahead: slots, of: run.trainer.schedule)
        for slot in missing {
            guard control.wants(generation) else { throw WorkingError.aborted }
            let waited = try clock.timed { try run.clips.takeSlot(slot, of: step, run.trainer) }
            times.waitingForClips += waited.time
            guard let buffer = accumulator?.lend() else { return }
            if slot == missing.last, contested.isEmpty {
                try beginReduction(step, generation, slot, clips: waited.value.count, buffer)
            }
            let last = reduction?.last
            let computed = try clock.timed {
                try run.trainer.compute(
                    slot, in: step, waited.value, into: buffer,
                    progress: last.map { last in { last.advance(to: $0) } })
            }
            times.computing += computed.time
            last?.finish()
            let isWanted = control.wants(generation)
            // What is not wanted any more is aborted, and must not read what is added up here.
            if !isWanted { settleReduction() }
            if !isWanted || contested.contains(slot.rawValue) {
                let digest = VectorDigest.of(UnsafeBufferPointer(buffer.floats))
                if isWanted {
                    events.send(.witnessed(step, slot, digest))
                } else {
                    parked = ParkedResult(step: step, slot: slot, buffer: buffer, digest: digest)
                }
            }
            // Adding is of the work that any loop over a batch does.
            if isWanted, last == nil {
                times.computing += clock.measure { accumulator?.finish(slot, buffer) }
            } else if isWanted {
                accumulator?.keep(slot, buffer)
            }
            events.send(.slotDone(step, computed.value))
        }
        guard control.wants(generation) else { throw WorkingError.aborted }
        events.send(.computed(step, generation))
    }

    /// Lets the exchange begin with what is there, while the last slot is computed: chunks go their way as the backward
    /// pass finishes them.
    private func beginReduction(
        _ step: Step, _ generation: Generation, _ slot: Slot, clips: Int, _ buffer: FloatBuffer
    ) throws {
        let run = try current()
        // A lone worker has nothing to send, and adds up in fewer buffers.
        guard unmet == nil, accumulator?.holdsAll == false, let sums = accumulator?.sums,
            let target = accumulator?.target()
        else { return }
        let last = SlotUnderWay(
            slot: slot, buffer: buffer,
            parts: run.trainer.finishedParts(clips: clips).map {
                .init(floats: $0.floats, stage: $0.stage)
            })
        reduction = Begun(
            step: step, term: run.term, generation: generation, last: last,
            ongoing: try run.exchange.begin(step: step, sums: sums, last: last, into: target))
    }

    /// Waits until nothing reads the buffers of a reduction that was begun and is not wanted any more.
    func settleReduction() {
        guard let begun = reduction, let exchange = run?.exchange else { return }
        reduction = nil
        exchange.abort(begun.generation, of: begun.term)
        do { _ = try exchange.finish(begun.ongoing) } catch {}
    }

    /// Turns to the slots of a deal; what is finished of the step stays.
    private func takeOver(_ step: Step, _ slots: SlotSet, contested: SlotSet) {
        settleReduction()
        if sumsStep != step {
            accumulator?.reset()
            sumsStep = step
            times = PhaseTimes(updating: times.updating)
        }
        accumulator?.assign(slots)
        guard let result = parked else { return }
        parked = nil
        guard result.step == step else { return }
        if contested.contains(result.slot.rawValue) {
            events.send(.witnessed(step, result.slot, result.digest))
        }
        accumulator?.setAside(result.slot, result.buffer)
    }

    /// Gets the state of a step from whoever has it.
    func load(_ step: Step, _ generation: Generation, _ source: StateSource) throws {
        guard control.wants(generation) else { return }
        let run = try current()
        settleReduction()
        state = nil
        sumsStep = nil
        parked = nil
        do {
            run.donor.withdraw()
            run.clips.detachUploads()
            try fetch(step, generation, source, run)
        } catch WorkingError.aborted {
            throw WorkingError.aborted
        } catch let error as WorkingError {
            events.send(.loadFailed(step, generation, reason: "\(error)"))
            return
        }
        state = step
        run.donor.offer(run: run.id, step: step, state: run.trainer.state)
        events.send(.loaded(step, generation))
    }

    private func fetch(
        _ step: Step, _ generation: Generation, _ source: StateSource, _ run: Run
    ) throws {
        let donors: [String]
        let isCoordinator = source == .coordinator
        switch source {
        case .coordinator:
            // First weights from elsewhere are with the coordinator.
            if step == Step(0), run.configuration.train.fromSHA256 == nil {
                transfer = nil
                run.trainer.initialize()
                return
            }
            donors = [run.dataAddress]
        case .members(let addresses):
            donors = addresses
        }
        let fetch = try StateFetch(
            context: context, run: run.id, term: run.term, silence: run.deadlines.donor
        ) { [security] address throws(ZeroMQError) in
            try security?.role(ofDonor: address, isCoordinator: isCoordinator)
        }
        let vectors = run.trainer.state.layout.vectors
        var pieces = StateTransfer(of: vectors, step: step)
        // What came before an interruption is of the same bits, whoever it came from.
        if let begun = transfer, begun.step == step { pieces = begun }
        defer {
            transfer = pieces.isDone ? nil : pieces
            control.show(nil)
        }
        try control.during(fetch, of: generation) {
            try fetch.fetch(vectors, from: donors, into: run.trainer.state.vectors, &pieces) {
                control.show(Awaiting(ranks: [], chunk: $0, chunks: $1, bytes: 0))
            }
        }
        run.trainer.stateChanged()
    }
}
