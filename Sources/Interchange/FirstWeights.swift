public import Checkpoints
public import Configuration
import Foundation
import Models
public import Networks

/// The first weights of a run, from a file or from another run's.
public struct FirstWeights {
    /// The file itself.
    public let path: String
    /// SHA-256 of the file, in hexadecimal.
    public let sha256: String
    private let file: SafetensorsFile

    /// - Parameter place: A safetensors file, or the directory of a run: its result then, or its newest checkpoint.
    /// - Throws: `SavedStateError` where there is nothing, or it is damaged.
    public init(at place: String) throws(SavedStateError) {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: place, isDirectory: &isDirectory)
        if exists, isDirectory.boolValue {
            file = try CheckpointStore.newest(ofRunAt: place).model()
        } else {
            file = try SafetensorsFile(place)
        }
        path = file.path
        sha256 = try file.sha256()
    }

    /// The parameters that a run starts with: drawn from its seed, then what the file has.
    ///
    /// - Throws: `InterchangeError`, `SavedStateError`, `ModelError`.
    public func parameters(
        of run: RunConfiguration
    ) throws -> (storage: ParameterStorage, report: ImportReport) {
        if let wanted = run.train.fromSHA256, wanted != sha256 {
            throw InterchangeError.otherDigest(path: path, found: sha256, wanted: wanted)
        }
        let network = try Network(run)
        let storage = ParameterStorage(network.parameters)
        network.parameters.initialise(storage, seed: run.seed)
        let report = try WeightImport.take(file, into: storage, of: network, run.model)
        return (storage, report)
    }
}
