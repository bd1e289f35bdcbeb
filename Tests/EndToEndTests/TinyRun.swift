import Foundation
import Testing

/// A folder with a small dataset and a small configuration, removed at the end.
final class TinyRun: Sendable {
    let folder: String
    var data: String { folder + "/clips.h5" }
    var config: String { folder + "/tiny.yaml" }

    /// 24 clips in batches of 9 over 4 slots: the third step of an epoch is short. Six steps in all.
    static let configuration = """
        name: tiny
        seed: 5
        model:
          kind: slowfast-lstm
          classes: 4
          input: {frames: 4, size: 16}
          models: [{name: f1, alpha: 2}]
          slow: {block: basic, layers: [1, 1], width: 4, shortcut: B}
          fast: {channels: 4, hidden: 4, encoder: convlstm, bidirectional: true}
        data: {path: clips.h5, flip: true, crop: random, window: random}
        train:
          batch: 9
          slots: 4
          epochs: 2
          optimizer: {kind: sgd, rate: 0.05, momentum: 0.9, nesterov: true, decay: 1.0e-4}
          schedule: {kind: cosine, warmup_epochs: 1}
          checkpoint_every: 2 steps
        """

    init(seed: Int = 1) async throws {
        folder = NSTemporaryDirectory() + "lockstep-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try Self.configuration.write(toFile: config, atomically: true, encoding: .utf8)
        let made = try await Command.run(
            "coordinator", "dataset", "synthesize", data, "--classes-appearance", "2",
            "--classes-motion", "2",
            "--train", "6", "--val", "3", "--test", "0", "--frames", "6", "--size", "20",
            "--seed", "\(seed)")
        try #require(made.status == 0, "\(made.errors)")
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: folder) } catch {
            print("left behind \(folder): \(error)")
        }
    }

    /// Arguments of `coordinator start` for a run in this folder.
    func start(_ name: String, _ more: String...) -> [String] {
        ["start", "--config", config, "--data", data, "--run", folder + "/" + name] + more
    }

    /// A run so long that only a signal ends it before its time, and never the other way round.
    static let long = ["--set", "train.epochs=150", "--set", "train.checkpoint_every=100 epochs"]

    func path(_ name: String) -> String { folder + "/" + name }

    /// The records of a run's journal.
    func journal(_ name: String) throws -> [[String: Any]] {
        let text = try String(contentsOfFile: path(name) + "/journal", encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            let json = line.split(separator: "\t")[0]
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
            return try #require(object as? [String: Any])
        }
    }
}
