import HDF5
import Tensors

/// What a file holds, for a person or a program to read.
public struct ClipDatasetSummary: Codable, Hashable, Sendable {
    public struct Split: Codable, Hashable, Sendable {
        public let name: String
        public let clips: Int
        public let layout: String
        /// Frames of the shortest and the longest clip.
        public let frames: [Int]
        public let height: Int
        public let width: Int
        /// Clips of each class, in the order of the class names.
        public let clipsPerClass: [Int]
        /// Videos that the clips were cut from; nil where the file does not say.
        public let videos: Int?
        public let chunk: [Int]?
        /// The filters of the pixels, as `gzip 4`.
        public let compression: [String]
        /// Bytes of the pixels in the file, and decoded.
        public let storedBytes: Int
        public let rawBytes: Int
    }

    public let path: String
    public let fileBytes: Int
    public let version: Int
    public let digest: String
    public let classNames: [String]
    /// Frames of a video from one stored frame to the next; nil where the file does not say.
    public let frameStride: Int?
    public let splits: [Split]
}

extension ClipDataset {
    /// Gathers what the file holds without reading its pixels (but the few that the digest takes).
    ///
    /// - Parameter fileBytes: the size of the file.
    public func summary(fileBytes: Int) throws(ClipDatasetError) -> ClipDatasetSummary {
        var splits: [ClipDatasetSummary.Split] = []
        for split in self.splits { splits.append(try split.summary(classes: classNames.count)) }
        return ClipDatasetSummary(
            path: path, fileBytes: fileBytes, version: version,
            digest: try digest().description, classNames: classNames, frameStride: frameStride,
            splits: splits)
    }
}

extension ClipSplit {
    fileprivate func summary(
        classes: Int
    ) throws(ClipDatasetError) -> ClipDatasetSummary.Split {
        let pixels: HDF5Dataset
        let lengths: [Int]
        let stored: Int
        switch storage {
        case .frames(let dataset):
            pixels = dataset
            lengths = [frames, frames]
            stored = dataset.storageBytes()
        case .jpeg(let dataset, let offsets):
            pixels = dataset
            let counts = zip(offsets, offsets.dropFirst()).map { $1 - $0 }
            lengths = [counts.min() ?? 0, counts.max() ?? 0]
            // HDF5 counts only the references to variable-length data, not the data.
            stored = try rethrowing { () throws(HDF5Error) in
                var bytes = 0
                for (start, end) in zip(offsets, offsets.dropFirst()) {
                    bytes += try dataset.blobLengths(start..<end).reduce(0, +)
                }
                return bytes
            }
        }
        var totalFrames = count * frames
        if case .jpeg(_, let offsets) = storage {
            totalFrames = (offsets.last ?? 0) - (offsets.first ?? 0)
        }
        var histogram = [Int](repeating: 0, count: classes)
        for label in labels { histogram[label] += 1 }
        return ClipDatasetSummary.Split(
            name: name, clips: count, layout: layout.rawValue, frames: lengths, height: height,
            width: width, clipsPerClass: histogram, videos: videoIDs.map { Set($0).count },
            chunk: pixels.chunk,
            compression: layout == .jpeg ? ["JPEG"] : pixels.filters.map(\.words),
            storedBytes: stored, rawBytes: totalFrames * height * width * ClipFormat.channels)
    }
}

extension HDF5Filter {
    fileprivate var words: String {
        switch identifier {
        case HDF5Filter.deflate: level.map { "gzip \($0)" } ?? "gzip"
        case HDF5Filter.shuffle: "shuffle"
        case HDF5Filter.fletcher32: "checksum"
        default: isAvailable ? name : "\(name) (missing here)"
        }
    }
}
