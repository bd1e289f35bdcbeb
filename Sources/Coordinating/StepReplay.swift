import Checkpoints
import ClipDatasets
import Collectives
import Configuration
import Tensors
import Training
public import TrainingProtocol

/// Computes steps of a run again, on one machine and in one process, and compares them with its journal.
public final class StepReplay {
    /// What a step came to.
    public struct Outcome: Sendable {
        public let step: Step
        public let digest: Digest
        /// The journal's.
        public let committed: Digest
        public var isEqual: Bool { digest == committed }
    }

    /// The step before the first that is computed.
    public let start: Step
    private let dataset: RunDataset
    private let trainer: Trainer
    private let commits: [Step: Digest]

    /// - Parameters:
    ///   - step: The one to be compared in the end.
    ///   - threads: To compute with; any number gives the same bits.
    ///   - data: The clips, where they are not where they were.
    /// - Throws: Errors with a message for people: where the step is not committed, the dataset is another, or this
    ///   machine could not compute the same bits.
    public init(
        ofRunAt path: String, step: Step, threads: Int, data: String? = nil
    ) throws {
        guard let configuration = try RunOpening.configuration(at: path) else {
            throw CoordinatingError.noRun(at: path)
        }
        let file = path + "/journal"
        let history = try RunJournal.history(of: Journal.contents(of: file).lines, file: file)
        commits = history.digests(from: Step(1))
        guard commits[step] != nil else {
            let last = history.commits.last.map { "the last one is step \($0.step)" } ?? "none is"
            throw CoordinatingError.usage(
                problem: "step \(step) of \(path) is not committed; \(last)")
        }
        if let pinned = history.profile,
            let difference = ProfileEntry.difference(
                between: pinned, and: try NumericsProfile.current().entries)
        {
            throw CoordinatingError.usage(
                problem: "this machine would be refused as a worker: \(difference)")
        }
        dataset = try RunDataset(configuration, at: data)
        if let own = history.dataset, own != dataset.summary.digest {
            throw CoordinatingError.data(
                problem: "\(dataset.clips.path) is not the dataset of the run at \(path)")
        }
        trainer = try Trainer(
            configuration: configuration, dataset: dataset.summary, threads: threads)
        start = try Self.prepare(trainer, configuration, path, before: step)
    }

    /// Puts the newest state before a step into the trainer.
    private static func prepare(
        _ trainer: Trainer, _ configuration: RunConfiguration, _ path: String, before step: Step
    ) throws -> Step {
        let search = try CheckpointStore.latestValid(
            ofRunAt: path, upTo: Int(step.rawValue) - 1)
        guard let checkpoint = search.checkpoint else {
            if let place = configuration.train.from {
                throw CoordinatingError.usage(
                    problem:
                        "no state before step \(step) is kept, and the run began with the weights of "
                        + "\(place); replay a later step")
            }
            trainer.initialize()
            return Step(0)
        }
        let state = try TrainingState(layout: trainer.state.layout, checkpoint: checkpoint)
        trainer.state.assign(state.vectors)
        trainer.stateChanged()
        return Step(UInt64(checkpoint.step))
    }

    /// Computes the steps after the start up to this one; each outcome is told as it comes.
    ///
    /// - Returns: The last one's.
    public func run(to step: Step, each: (Outcome) -> Void) throws -> Outcome {
        let schedule = trainer.schedule
        let tree = SlotTree(slots: schedule.slots)
        var sums = SlotAccumulator(
            tree: tree, slots: SlotSet(0..<schedule.slots), count: trainer.vectorCount)
        var next = start.next
        while true {
            sums.reset()
            for slot in sums.missing {
                let buffer = sums.lend()
                let clips = try dataset.clips(of: slot, in: next, schedule)
                _ = try trainer.compute(slot, in: next, clips, into: buffer)
                sums.finish(slot, buffer)
            }
            guard let reduced = sums.sums.first?.buffer, let committed = commits[next] else {
                throw CoordinatingError.usage(problem: "step \(next) is not committed")
            }
            let outcome = Outcome(
                step: next, digest: VectorDigest.of(UnsafeBufferPointer(reduced.floats)),
                committed: committed)
            each(outcome)
            // What differs here would make all behind it differ, too.
            guard next < step, outcome.isEqual else { return outcome }
            trainer.update(next, reduced: reduced)
            next = next.next
        }
    }
}
