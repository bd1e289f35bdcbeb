import HDF5

/// One split of a clip dataset.
public final class ClipSplit: Sendable {
    /// What one clip is stored as.
    enum Storage: Sendable {
        case frames(HDF5Dataset)
        /// Clip `n` is JPEGs `offsets[n]..<offsets[n + 1]`.
        case jpeg(HDF5Dataset, offsets: [Int])
    }

    public let name: String
    /// Clips.
    public let count: Int
    /// Frames of the shortest clip; in the `frames` layout of every clip.
    public let frames: Int
    public let height: Int
    public let width: Int
    public let layout: ClipLayout
    /// The class of each clip.
    public let labels: [Int]
    /// Which video each clip was cut from, where the file says.
    public let videoIDs: [String]?
    /// Frames a second of each clip, where the file says.
    public let framesPerSecond: [Float]?
    /// Which clips belong together (as the same person's), where the file says.
    public let groups: [Int]?

    let path: String
    let storage: Storage

    init(name: String, file: HDF5File, classCount: Int) throws(ClipDatasetError) {
        let tables = ClipTables(file: file, split: name)
        self.name = name
        path = file.path
        labels = try tables.labels(classCount: classCount)
        count = labels.count
        videoIDs = try tables.strings("video_id", count: labels.count)
        framesPerSecond = try tables.numbers("fps", as: Float.self, count: labels.count)
        groups = try tables.numbers("group", as: Int64.self, count: labels.count)?.map(Int.init)
        layout = try tables.layout()
        switch layout {
        case .frames:
            let (dataset, shape) = try tables.frames(count: labels.count)
            storage = .frames(dataset)
            (frames, height, width) = (shape[1], shape[2], shape[3])
        case .jpeg:
            let (dataset, offsets) = try tables.jpeg(count: labels.count)
            storage = .jpeg(dataset, offsets: offsets)
            frames = zip(offsets, offsets.dropFirst()).map { $1 - $0 }.min() ?? 0
            (height, width) = try tables.size(ofJPEG: offsets.first ?? 0, in: dataset)
        }
    }

    /// Frames of one clip.
    public func frameCount(ofClip index: Int) throws(ClipDatasetError) -> Int {
        try check(clip: index)
        switch storage {
        case .frames: return frames
        case .jpeg(_, let offsets): return offsets[index + 1] - offsets[index]
        }
    }

    func check(clip index: Int) throws(ClipDatasetError) {
        guard index >= 0, index < count else {
            throw .outOfRange(
                path: path, dataset: "/" + name, problem: "there is no clip \(index) of \(count)")
        }
    }
}

extension ClipSplit {
    /// Reads some frames of one clip as they are stored, to be decoded elsewhere.
    ///
    /// Blocks while the disk is read: call it from a thread that may block.
    public func readClip(
        _ index: Int, frames range: Range<Int>
    ) throws(ClipDatasetError) -> EncodedClip {
        let available = try frameCount(ofClip: index)
        guard range.lowerBound >= 0, range.upperBound <= available, !range.isEmpty else {
            throw .outOfRange(
                path: path, dataset: "/" + name,
                problem: "frames \(range) lie outside clip \(index), which has \(available)")
        }
        let header = EncodedClip.Header(
            layout: layout, index: index, firstFrame: range.lowerBound, frames: range.count,
            height: height, width: width)
        switch storage {
        case .frames(let dataset):
            return try EncodedClip(header: header) { (payload) throws(ClipDatasetError) in
                try rethrowing { () throws(HDF5Error) in
                    try dataset.read(
                        into: payload, as: .uint8, offset: [index, range.lowerBound, 0, 0, 0],
                        count: [1, range.count, height, width, ClipFormat.channels])
                }
            }
        case .jpeg(let dataset, let offsets):
            let first = offsets[index] + range.lowerBound
            return try EncodedClip(header: header) { (bytes) throws(ClipDatasetError) in
                try rethrowing { () throws(HDF5Error) in
                    try dataset.readBlobs(first..<first + range.count, appendingTo: &bytes)
                }
            }
        }
    }

    /// Reads a whole clip as it is stored.
    public func readClip(_ index: Int) throws(ClipDatasetError) -> EncodedClip {
        try readClip(index, frames: 0..<frameCount(ofClip: index))
    }
}
