import HDF5

/// How a new file stores its frames.
public struct ClipStorage: Hashable, Sendable {
    public var layout: ClipLayout
    /// gzip level 1...9 of the `frames` layout; nil for none.
    public var gzip: Int?
    /// JPEG quality 1...100 of the `jpeg` layout.
    public var quality: Int

    public static let defaultQuality = 90

    public init(layout: ClipLayout = .frames, gzip: Int? = nil, quality: Int = defaultQuality) {
        self.layout = layout
        self.gzip = gzip
        self.quality = quality
    }
}

/// What a file says about one clip besides its pixels.
public struct ClipRecord: Hashable, Sendable {
    public var label: Int
    public var videoID: String
    public var framesPerSecond: Float
    public var group: Int

    public init(label: Int, videoID: String, framesPerSecond: Float, group: Int = 0) {
        self.label = label
        self.videoID = videoID
        self.framesPerSecond = framesPerSecond
        self.group = group
    }
}

/// Writes a clip dataset clip by clip; no more than one clip is held in memory.
///
/// The file grows under a temporary name and gets its own in `finish()`. Not for use by several
/// threads at once.
public final class ClipDatasetWriter {
    public let path: String
    public let classNames: [String]
    public let storage: ClipStorage
    /// frames, height, width of every clip.
    public let shape: (frames: Int, height: Int, width: Int)

    private let file: HDF5File
    private var splits: [(name: String, writer: ClipSplitWriter)] = []

    /// Starts a file.
    ///
    /// - Parameters:
    ///   - frameStride: frames of a video from one stored frame to the next, where clips were cut
    ///     from videos.
    ///   - replacing: whether a file at `path` may be replaced.
    public init(
        path: String, classNames: [String], shape: (frames: Int, height: Int, width: Int),
        storage: ClipStorage = ClipStorage(), frameStride: Int? = nil, replacing: Bool = false
    ) throws(ClipDatasetError) {
        self.path = path
        self.classNames = classNames
        self.storage = storage
        self.shape = shape
        let file: HDF5File
        do {
            file = try HDF5File(creating: path, replacing: replacing)
        } catch {
            guard error.reason == .fileExists else { throw .file(error) }
            throw .unwritable(
                path: path, problem: "the file exists already",
                remedy: "Choose another name, or replace it with --force.")
        }
        self.file = file
        try rethrowing { () throws(HDF5Error) in
            try file.setAttribute("format", to: .string(ClipFormat.name))
            try file.setAttribute("version", to: .integer(Int64(ClipFormat.version)))
            try file.setAttribute("color", to: .string(ClipFormat.color))
            try file.setAttribute("layout", to: .string(ClipFormat.axes))
            if let frameStride {
                try file.setAttribute(
                    ClipFormat.frameStride, to: .integer(Int64(frameStride)))
            }
            try file.createDataset("/class_names", holding: classNames)
        }
    }

    /// Adds a clip, uint8 (time, height, width, channel), to a split.
    public func append(
        _ pixels: UnsafeBufferPointer<UInt8>, _ record: ClipRecord, to split: String
    ) throws(ClipDatasetError) {
        guard ClipFormat.splits.contains(split) else {
            throw .noSuchSplit(path: path, name: split, present: ClipFormat.splits)
        }
        let needed = shape.frames * shape.height * shape.width * ClipFormat.channels
        guard pixels.count == needed else {
            throw .unwritable(
                path: path, problem: "a clip of \(pixels.count) bytes was given",
                remedy: "Every clip of this file has \(needed).")
        }
        guard classNames.indices.contains(record.label) else {
            throw .unwritable(
                path: path, problem: "label \(record.label) was given",
                remedy: "Labels of this file are below \(classNames.count).")
        }
        try writer(of: split).append(pixels, record)
    }

    /// Adds a clip, uint8 (time, height, width, channel), to a split.
    public func append(
        _ pixels: [UInt8], _ record: ClipRecord, to split: String
    ) throws(ClipDatasetError) {
        try pixels.withUnsafeBufferPointer { (pixels) throws(ClipDatasetError) in
            try append(pixels, record, to: split)
        }
    }

    /// Writes the tables, makes the file durable and gives it its name.
    public func finish() throws(ClipDatasetError) {
        guard !splits.isEmpty else {
            throw .unwritable(
                path: path, problem: "there is no clip to write",
                remedy: "Nothing was left in place of the file.")
        }
        for (_, writer) in splits { try writer.finish() }
        try rethrowing { () throws(HDF5Error) in try file.finish() }
    }

    private func writer(of split: String) throws(ClipDatasetError) -> ClipSplitWriter {
        if let present = splits.first(where: { $0.name == split }) { return present.writer }
        let new = try ClipSplitWriter(
            name: split, file: file, shape: shape, storage: storage)
        splits.append((split, new))
        return new
    }
}
