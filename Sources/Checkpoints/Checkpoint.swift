/// A saved state of a run: a directory of weights, optimizer state and a manifest.
public struct Checkpoint: Sendable, Hashable {
    static let modelName = "model.safetensors"
    static let optimizerName = "optimizer.safetensors"
    static let manifestName = "manifest.json"

    /// The directory.
    public let path: String
    public let manifest: CheckpointManifest

    public var step: Int { manifest.step }

    /// Trainable tensors and running statistics, by PyTorch's names.
    public func model() throws(SavedStateError) -> SafetensorsFile {
        try SafetensorsFile("\(path)/\(Self.modelName)")
    }

    /// What the optimizer remembers: `momentum/NAME`, or `first_moment/NAME` and
    /// `second_moment/NAME`.
    public func optimizer() throws(SavedStateError) -> SafetensorsFile {
        try SafetensorsFile("\(path)/\(Self.optimizerName)")
    }

}

extension Checkpoint {
    /// Opens a checkpoint and compares every file with the manifest, byte for byte.
    ///
    /// - Throws: `SavedStateError` that names the file that is missing or not as it was saved.
    public init(verifying path: String) throws(SavedStateError) {
        let storage = Storage(fault: nil)
        manifest = try CheckpointManifest(
            contentsOf: "\(path)/\(Self.manifestName)", storage: storage)
        self.path = path
        // Before any is opened: a manifest names no other file.
        guard manifest.files.map(\.name) == [Self.modelName, Self.optimizerName] else {
            throw SavedStateError(
                .malformed, path, "has a manifest that does not list a checkpoint's files")
        }
        for file in manifest.files {
            let reader = try FileReader("\(path)/\(file.name)")
            guard reader.count == file.bytes else {
                throw SavedStateError(
                    .corrupt, reader.path, "has \(reader.count) bytes, was saved with \(file.bytes)"
                )
            }
            guard try reader.sha256() == file.sha256 else {
                throw SavedStateError(
                    .corrupt, reader.path, "is not as it was saved, its SHA-256 differs")
            }
        }
    }
}

/// What a checkpoint is made from.
public struct CheckpointContents {
    public var step: Int
    public var epoch: Int
    public var configDigest: String
    public var datasetDigest: String
    public var numerics: [String: String]
    /// Trainable tensors and running statistics, all float32.
    public var model: [TensorSource]
    public var optimizer: [TensorSource]

    public init(
        step: Int, epoch: Int, configDigest: String, datasetDigest: String,
        numerics: [String: String], model: [TensorSource], optimizer: [TensorSource]
    ) {
        self.step = step
        self.epoch = epoch
        self.configDigest = configDigest
        self.datasetDigest = datasetDigest
        self.numerics = numerics
        self.model = model
        self.optimizer = optimizer
    }
}
