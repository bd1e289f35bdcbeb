import Collectives
import Logging
import Training
import TrainingProtocol
import ZeroMQ

// The end of a step, and what lies between two.

extension ComputeLoop {
    func reduce(_ step: Step, _ generation: Generation) throws {
        guard control.wants(generation) else { return settleReduction() }
        let run = try current()
        guard let sums = accumulator?.sums, let target = accumulator?.target() else { return }
        do throws(ExchangeError) {
            if let unmet { throw unmet }
            let start = clock.now
            let digest =
                if let begun = takeReduction(step, generation) {
                    try run.exchange.finish(begun.ongoing)
                } else {
                    try run.exchange.reduce(step: step, sums: sums, into: target)
                }
            times.reducing = clock.now - start
            events.send(.reduced(step, generation, digest, times))
        } catch .aborted {
            throw WorkingError.aborted
        } catch {
            // A neighbour is gone, or was told of another generation before this worker, or the network damaged what
            // was on its way: the coordinator decides, and hears that this worker waits.
            events.send(
                .stalled(step, generation, reason: "\(error)", accused: error.peer))
        }
    }

    /// The reduction that was begun for this step and generation, if one was.
    private func takeReduction(_ step: Step, _ generation: Generation) -> Begun? {
        guard let begun = reduction, begun.step == step, begun.generation == generation else {
            settleReduction()
            return nil
        }
        reduction = nil
        return begun
    }

    func update(_ step: Step) throws {
        let run = try current()
        guard let reduced = accumulator?.reduced else { return }
        run.donor.withdraw()
        run.clips.detachUploads()
        times.updating = clock.measure { run.trainer.update(step, reduced: reduced) }
        state = step
        sumsStep = nil
        run.donor.offer(run: run.id, step: step, state: run.trainer.state)
        events.send(.updated(step))
    }

    func evaluate(_ step: Step, _ generation: Generation, _ blocks: [Int]) throws {
        let run = try current()
        let plan = run.trainer.evaluationBlocks
        run.clips.announce(onlyBlocks: blocks, of: plan)
        defer { control.show(nil) }
        var outcomes: [BlockOutcome] = []
        for (done, block) in blocks.enumerated() {
            guard control.wants(generation) else { throw WorkingError.aborted }
            control.show(Awaiting(ranks: [], chunk: done, chunks: blocks.count, bytes: 0))
            let clips = try run.clips.takeBlock(block, of: plan, run.trainer)
            outcomes.append(try run.trainer.evaluate(block, clips))
        }
        events.send(.evaluated(step, generation, outcomes))
    }

    func upload(_ step: Step) throws {
        let run = try current()
        guard step == state else { return }
        run.clips.upload(run.trainer.state, of: step) { [logger] problem in
            // The coordinator asks again, or has asked another meanwhile: that is why it may have been refused.
            logger.warning("the state of step \(step) was not taken: \(problem)")
        }
    }
}
