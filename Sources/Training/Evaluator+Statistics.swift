public import ClipDatasets
import Models
import Networks
import Tensors
public import TrainingProtocol

extension Evaluator {
    /// Replaces batch norm's running statistics by the mean of batch statistics that the present weights yield:
    /// precise batch norm (Wu and Johnson, Rethinking "Batch" in BatchNorm, 2021). Running statistics follow
    /// weights that are no more.
    ///
    /// The clips are those of the epoch that the weights stand in, in its order and seen as in training; a batch
    /// is a slot, as in training. Statistics that `train.freeze` froze stay. Nothing on disk changes.
    ///
    /// - Parameters:
    ///   - clips: How many; whole slots are taken until there are so many, at most an epoch.
    ///   - dataset: Of the split.
    ///   - progress: Called with the number of clips that are done.
    /// - Returns: The clips that were taken.
    /// - Throws: `ConfigurationError` where the clips do not fit the model, `ModelError`, `ClipDatasetError`,
    ///   `ClipDecodingError`.
    public func recomputeStatistics(
        clips wanted: Int, from split: ClipSplit, of dataset: DatasetSummary,
        progress: (Int) -> Void = { _ in }
    ) throws -> Int {
        let sampling = try RunSampling(configuration, dataset)
        let schedule = StepSchedule(configuration, samples: split.count)
        let network = try Network(configuration)
        let executors = ExecutorCache(network, pool: pool)
        let count = network.parameters.batchStatisticsExtent
        let measured = FloatBuffer(count: count)
        var sums = [Double](repeating: 0, count: count)
        let epoch = schedule.epoch(of: Step(UInt64(max(1, step))))
        var taken = 0
        for number in 0..<schedule.stepsPerEpoch where taken < wanted {
            let step = Step(epoch.rawValue * UInt64(schedule.stepsPerEpoch) + UInt64(number) + 1)
            for slot in 0..<schedule.slots where taken < wanted {
                let samples = schedule.samples(of: Slot(slot), in: step)
                if samples.isEmpty { continue }
                let clips = try samples.map { sample in
                    let view = sampling.trainingView(sample, in: epoch)
                    return LabeledClip(
                        clip: try split.readClip(sample.rawValue, frames: view.span), view: view,
                        label: split.labels[sample.rawValue])
                }
                let executor = executors.executor(clips: clips.count, mode: .statistics)
                try executor.fill(with: clips, pool: pool)
                executor.measure(parameters: parameters, statistics: measured)
                for index in sums.indices { sums[index] += Double(measured.floats[index]) }
                taken += clips.count
                progress(taken)
            }
        }
        for index in sums.indices {
            parameters.statistics.floats[index] = Float(sums[index] / Double(taken))
        }
        return taken
    }
}
