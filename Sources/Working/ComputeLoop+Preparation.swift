import Collectives
import Configuration
import Training
import TrainingProtocol
import ZeroMQ

// Getting to know a run, and the members of a generation.

extension ComputeLoop {
    func prepare(_ id: RunID, _ term: Term, _ introduction: Introduction) throws {
        settleReduction()
        var known: Run
        if let run, run.id == id, run.introduction.describesSameRun(as: introduction) {
            known = run
            known.clips.stop()
            known.term = term
            known.dataAddress = introduction.dataAddress
            known.deadlines = introduction.deadlines
            known.clips = try clips(
                id, term, introduction.dataAddress, run.configuration, run.trainer)
        } else {
            known = try meet(id, term, introduction)
        }
        announced = nil
        run = known
        control.publish(known.exchange, known.clips.lanes, in: term)
        events.send(
            .prepared(
                Readiness(
                    model: known.trainer.modelDigest, gradientAddress: known.exchange.address,
                    stateAddress: known.donor.address)))
    }

    /// Gets to know a run: compiles its network, and listens for the other workers.
    private func meet(
        _ id: RunID, _ term: Term, _ introduction: Introduction
    ) throws -> Run {
        run?.clips.stop()
        run = nil
        state = nil
        sumsStep = nil
        parked = nil
        transfer = nil
        let configuration = try RunConfiguration(
            yaml: introduction.configuration, source: "the coordinator's configuration")
        let trainer = try Trainer(
            configuration: configuration, dataset: introduction.dataset, threads: threads)
        let tree = SlotTree(slots: trainer.schedule.slots)
        accumulator = SlotAccumulator(
            tree: tree, slots: SlotSet(), count: trainer.vectorCount)
        return Run(
            id: id, term: term, dataAddress: introduction.dataAddress, trainer: trainer,
            clips: try clips(id, term, introduction.dataAddress, configuration, trainer),
            exchange: try GradientExchange(
                context: context, bind: "tcp://\(host):*",
                chunkBytes: configuration.transport.chunkBytes,
                connectTimeout: introduction.deadlines.connect, keys: security?.peers,
                inTheClear: configuration.transport.cleartextGradients),
            donor: try StateDonor(
                context: context, bind: "tcp://\(host):*", keys: security?.peers),
            configuration: configuration, introduction: introduction,
            deadlines: introduction.deadlines)
    }

    private func clips(
        _ id: RunID, _ term: Term, _ address: String, _ configuration: RunConfiguration,
        _ trainer: Trainer
    ) throws -> ClipFeed {
        try ClipFeed(
            context: context, run: id, term: term, address: address,
            role: security?.coordinator,
            prefetchBytes: configuration.transport.prefetchBytes, sampling: trainer.sampling)
    }

    func adopt(_ generation: Generation, _ members: [Member], _ rank: Rank) throws {
        guard control.wants(generation) else { return }
        let run = try current()
        settleReduction()
        unmet = nil
        do throws(ExchangeError) {
            try run.exchange.configure(
                ExchangeMembership(
                    run: run.id, term: run.term, generation: generation,
                    tree: SlotTree(slots: run.trainer.schedule.slots),
                    members: members.map { .init(address: $0.gradientAddress, slots: $0.slots) },
                    me: rank))
        } catch {
            // As an address that is none: told, with whose it is, where the members would meet.
            unmet = error
        }
    }
}
