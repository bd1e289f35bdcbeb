import Checkpoints
import ClipDatasets
import Configuration
import Foundation
import Tensors
import Training
import TrainingProtocol

/// Where a run begins or goes on: what its directory holds of earlier terms.
struct RunOpening {
    let run: RunID
    let layout: TrainingState.Layout
    let summary: DatasetSummary
    let evaluationSamples: Int
    let journal = RunJournal()
    let history: JournalHistory
    /// The step whose state the run starts from.
    let start: Step
    /// Nil where it starts from the seed.
    let startState: (step: Step, state: TrainingState)?
    /// Digests of its step and later ones that were committed already.
    let replayed: [Step: Digest]
    /// For people: what was found.
    let notes: [String]

    /// Whether a run was started at `path`.
    static func exists(at path: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/config.yaml")
    }

    /// The configuration of the run at `path`; nil where there is none.
    static func configuration(at path: String) throws -> RunConfiguration? {
        exists(at: path) ? try RunDirectory.configuration(at: path) : nil
    }

    /// Refuses another dataset than the run's, before anything is changed.
    static func check(_ directory: String, dataset: Digest, path: String) throws {
        let file = directory + "/journal"
        // A kill between the directory's making and its first record leaves none.
        guard FileManager.default.fileExists(atPath: file) else { return }
        let lines = try Journal.contents(of: file).lines
        let history = try RunJournal.history(of: lines, file: file)
        if let own = history.dataset, own != dataset {
            throw CoordinatingError.data(
                problem: "\(path) is not the dataset of the run at \(directory): its digest is "
                    + "\(dataset), the run's \(own); name the right file with --data")
        }
    }

    init(
        _ directory: RunDirectory, layout: TrainingState.Layout, summary: DatasetSummary,
        sampling: RunSampling, first: StartState?
    ) throws {
        self.layout = layout
        self.summary = summary
        evaluationSamples = sampling.evaluation?.samples ?? 0
        let contents = directory.journal.contents
        let history = try RunJournal.history(of: contents.lines, file: directory.journal.path)
        self.history = history
        run = history.run ?? RunID(UInt64.random(in: 1 ... .max))
        var notes: [String] = []
        if contents.droppedBytes > 0 {
            notes.append("the journal's last line was torn and is dropped")
        }
        let search = try directory.checkpoints.latestValid()
        notes += search.notes
        if let checkpoint = search.checkpoint {
            let state = try TrainingState(layout: layout, checkpoint: checkpoint)
            start = Step(UInt64(checkpoint.step))
            startState = (start, state)
            notes.append("going on from the state of step \(start)")
        } else if let first = try first?.state(layout, of: directory.configuration) {
            start = Step(0)
            startState = (start, first.state)
            notes += first.notes
        } else {
            start = Step(0)
            startState = nil
        }
        replayed = history.digests(from: start)
        let later = replayed.count - (replayed[start] == nil ? 0 : 1)
        if later > 0 {
            notes.append(
                "\(later) steps after it were committed before; unless a worker of then comes back with a "
                    + "newer state, they are computed again, and must come out the same")
        }
        if sampling.evaluation == nil {
            notes.append(
                "the dataset has no split \"\(directory.configuration.data.validationSplit)\" "
                    + "(data.validation_split): nothing is evaluated on the way")
        }
        self.notes = notes
    }
}

extension ClipDataset {
    /// The dataset without its clips, for those who cannot see the file.
    public func summary() throws(ClipDatasetError) -> DatasetSummary {
        let digest = try digest()
        return DatasetSummary(
            digest: Digest(high: digest.high, low: digest.low), classNames: classNames,
            splits: splits.map {
                SplitSummary(
                    name: $0.name, samples: $0.count, frames: $0.frames, height: $0.height,
                    width: $0.width)
            })
    }
}
