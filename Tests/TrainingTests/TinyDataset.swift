import ClipDatasets
import Configuration
import Foundation
import Tensors
import Training
import TrainingProtocol

/// Eight clips of two classes, in a file that is removed at the end.
final class TinyDataset {
    let configuration: RunConfiguration
    let summary: DatasetSummary
    let split: ClipSplit
    private let sampling: RunSampling
    private let path: String

    static let text = """
        name: tiny
        seed: 5
        model:
          kind: slowfast-lstm
          classes: 2
          input: {frames: 4, size: 16}
          models: [{name: f1, alpha: 2}]
          slow: {block: basic, layers: [1, 1], width: 4, shortcut: B}
          fast: {channels: 4, hidden: 4, encoder: convlstm, bidirectional: true}
        data: {path: tiny.h5}
        train:
          batch: 8
          slots: 3
          epochs: 40
          optimizer: {kind: sgd, rate: 0.1, momentum: 0.9, nesterov: true, decay: 0}
          schedule: {kind: constant}
        """

    /// Overrides that switch on all that varies clips.
    static let varied = [
        "data.stride=2", "data.blur=0.7", "data.augment.time=0.4", "data.augment.scale=[18, 26]",
        "data.augment.brightness=0.4", "data.augment.contrast=0.4", "data.augment.saturation=0.4",
        "train.mixup=0.4", "model.input.frames=2",
    ]

    init(_ text: String = TinyDataset.text, overrides: [String] = []) throws {
        configuration = try RunConfiguration(yaml: text, source: "tiny", overrides: overrides)
        path = NSTemporaryDirectory() + "lockstep-\(UUID().uuidString).h5"
        let writer = try ClipDatasetWriter(
            path: path, classNames: ["dark", "bright"], shape: (6, 20, 20))
        for index in 0..<8 {
            let label = index % 2
            let pixels = (0..<6 * 20 * 20 * 3).map {
                UInt8(label * 120 + ($0 * 7 + $0 / 1200 * 11 + index * 13) % 60)
            }
            try writer.append(
                pixels, ClipRecord(label: label, videoID: "v\(index)", framesPerSecond: 25),
                to: "train")
        }
        try writer.finish()
        let dataset = try ClipDataset(path: path)
        split = try dataset.split("train")
        let digest = try dataset.digest()
        summary = DatasetSummary(
            digest: Digest(high: digest.high, low: digest.low), classNames: dataset.classNames,
            splits: [
                SplitSummary(
                    name: "train", samples: split.count, frames: split.frames,
                    height: split.height, width: split.width)
            ])
        sampling = try RunSampling(configuration, summary)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            print("left behind \(path): \(error)")
        }
    }

    func clip(_ sample: SampleID) throws -> LabeledClip {
        let view = sampling.trainingView(sample, in: Epoch(0))
        return LabeledClip(
            clip: try split.readClip(sample.rawValue, frames: view.span), view: view,
            label: split.labels[sample.rawValue],
            mixture: sampling.mixture(of: sample, in: Epoch(0)))
    }
}
