import Checkpoints
import Configuration
import Foundation

/// The weights of a run, for those who only read them.
struct SavedRun {
    let configuration: RunConfiguration
    /// The final one, or the newest where the run has not ended.
    let checkpoint: Checkpoint
    /// Nil where a program that wrote none began the run.
    let dataset: DatasetRecord?

    /// - Throws: `SavedStateError` where there is no run, or it has saved nothing yet.
    init(at path: String) throws(SavedStateError) {
        guard FileManager.default.fileExists(atPath: path + "/config.yaml") else {
            throw SavedStateError(
                .missing, path, "holds no run", remedy: "name the directory of --run at the start")
        }
        configuration = try RunDirectory.configuration(at: path)
        checkpoint = try CheckpointStore.newest(ofRunAt: path)
        dataset = try RunDirectory.dataset(ofRunAt: path)
    }
}
