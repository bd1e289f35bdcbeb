import Checkpoints
import ClipDatasets
import Configuration
import Foundation
import Networks
import Tensors
import Testing
import Training
import TrainingProtocol

@Suite("An evaluator")
struct EvaluatorTests {
    private let fixture: TinyDataset
    private let trainer: Trainer

    init() throws {
        fixture = try TinyDataset()
        trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: 1)
        trainer.initialize()
    }

    /// Saves the trainer's state and hands an evaluator of it to `body`.
    private func evaluate(threads: Int = 1, _ body: (Evaluator) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "lockstep-" + UUID().uuidString
        let run = try RunDirectory.create(at: path, configuration: fixture.configuration)
        let checkpoint = try run.checkpoints.saveFinal(
            CheckpointContents(
                step: 3, epoch: 2, configDigest: "c", datasetDigest: "d", numerics: [:],
                model: trainer.state.modelTensors, optimizer: trainer.state.optimizerTensors))
        try body(
            try Evaluator(
                configuration: fixture.configuration, checkpoint: checkpoint, threads: threads))
        try FileManager.default.removeItem(atPath: path)
    }

    private var names: [String] { fixture.summary.classNames }

    @Test("one view is what the trainer scores")
    func single() throws {
        let sampling = ClipSampling.evaluation(frames: 4, size: 16)
        let clips = try (0..<8).map { sample in
            LabeledClip(
                clip: try fixture.split.readClip(sample),
                view: try sampling.view(seed: 5, epoch: 0, sample: sample, clip: (6, 20, 20)),
                label: fixture.split.labels[sample])
        }
        let own = try trainer.evaluate(0, clips)
        try evaluate { evaluator in
            let report = try evaluator.evaluate(fixture.split, classNames: names)
            #expect(report.ensemble.loss == own.lossSum / 8)
            #expect(report.ensemble.top1 == Double(own.top1) / 8)
            #expect(report.models.map(\.name) == ["f1"])
            #expect(report.videos?.videos.map(\.name) == (0..<8).map { "v\($0)" })
        }
    }

    @Test("several views are the mean of the probabilities of each")
    func views() throws {
        let sampling = ClipSampling.evaluation(frames: 4, size: 16)
        var score = EvaluationScore()
        for sample in 0..<8 {
            let views = try sampling.views(
                ViewGrid(temporal: 3, spatial: 2), sample: sample, clip: (6, 20, 20))
            let parts = try trainer.predict(
                try views.map {
                    LabeledClip(clip: try fixture.split.readClip(sample), view: $0, label: 0)
                })
            let label = fixture.split.labels[sample]
            let mean = parts.reduce(0) { $0 + $1.ensemble.probability(of: label) } / 6
            score.add(
                ClassDistribution(
                    logits: (0..<2).map { Float(log($0 == label ? mean : 1 - mean)) }),
                label: label)
        }
        try evaluate { evaluator in
            let report = try evaluator.evaluate(
                fixture.split, classNames: names, views: ViewGrid(temporal: 3, spatial: 2))
            #expect(report.ensemble.count == 8)
            #expect(abs(report.ensemble.loss - score.loss) < 1e-6)
        }
    }

    @Test("recomputed statistics are the mean of the slots' own, in the order of the epoch")
    func statistics() throws {
        // Three slots of 2, 3 and 3 clips; five are had after the second.
        let epoch = trainer.schedule.epoch(of: Step(3))
        let gradient = trainer.vectorCount - trainer.state.parameters.statistics.count
        var sums = [Double](repeating: 0, count: trainer.state.parameters.statistics.count)
        for slot in 0..<2 {
            let clips = try trainer.schedule.samples(of: Slot(slot), in: Step(3)).map { sample in
                LabeledClip(
                    clip: try fixture.split.readClip(sample.rawValue),
                    view: trainer.sampling.trainingView(sample, in: epoch),
                    label: fixture.split.labels[sample.rawValue])
            }
            let vector = FloatBuffer(count: trainer.vectorCount)
            _ = try trainer.compute(Slot(slot), in: Step(3), clips, into: vector)
            for index in sums.indices { sums[index] += Double(vector.floats[gradient + index]) }
        }
        var losses: [Double] = []
        for threads in [1, 2] {
            try evaluate(threads: threads) { evaluator in
                let before = try evaluator.evaluate(fixture.split, classNames: names)
                let taken = try evaluator.recomputeStatistics(
                    clips: 4, from: fixture.split, of: fixture.summary)
                #expect(taken == 5)
                let report = try evaluator.evaluate(fixture.split, classNames: names)
                #expect(report.ensemble.loss != before.ensemble.loss)
                losses.append(report.ensemble.loss)
            }
        }
        for index in sums.indices {
            trainer.state.parameters.statistics.floats[index] = Float(sums[index] / 5)
        }
        try evaluate { evaluator in
            let expected = try evaluator.evaluate(fixture.split, classNames: names)
            #expect(losses == [expected.ensemble.loss, expected.ensemble.loss])
        }
    }
}
