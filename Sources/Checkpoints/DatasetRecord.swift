import FoundationEssentials

/// What a run remembers of its dataset, so that its weights are of use where the dataset is not.
public struct DatasetRecord: Sendable, Hashable, Codable {
    /// In the order of the labels.
    public var classNames: [String]
    /// A stored training clip: (frames, height, width, 3).
    public var frames: Int
    public var height: Int
    public var width: Int
    /// Frames of a video from one stored frame to the next, where the dataset says.
    public var frameStride: Int?
    /// Clips in the training split; nil where an earlier release began the run.
    public var samples: Int?

    public init(
        classNames: [String], frames: Int, height: Int, width: Int, frameStride: Int?,
        samples: Int? = nil
    ) {
        self.classNames = classNames
        self.frames = frames
        self.height = height
        self.width = width
        self.frameStride = frameStride
        self.samples = samples
    }

    private enum CodingKeys: String, CodingKey {
        case frames, height, width, samples
        case classNames = "class_names"
        case frameStride = "frame_stride"
    }
}

extension RunDirectory {
    private static let datasetName = "dataset.json"
    /// Class names are a few kilobytes.
    private static let largestRecord = 16 << 20

    /// Writes what the clips are, in the place of what was written before.
    public func record(_ dataset: DatasetRecord) throws(SavedStateError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let file = "\(path)/\(Self.datasetName)"
        let text: String
        do {
            text = String(decoding: try encoder.encode(dataset), as: UTF8.self) + "\n"
        } catch {
            throw SavedStateError(.malformed, file, "cannot be written: \(error)")
        }
        try checkpoints.storage.replaceFile(file, with: text)
    }

    /// What the run at `path` was trained on; nil where that was not written down.
    public static func dataset(ofRunAt path: String) throws(SavedStateError) -> DatasetRecord? {
        let storage = Storage(fault: nil)
        let file = "\(path)/\(datasetName)"
        guard storage.exists(file) else { return nil }
        let bytes = try storage.read(file, limit: largestRecord)
        do {
            return try JSONDecoder().decode(DatasetRecord.self, from: Data(bytes))
        } catch {
            throw SavedStateError(
                .malformed, file, "does not describe a dataset: \(summary(of: error))",
                remedy: "remove it, and name the dataset with --data")
        }
    }
}
