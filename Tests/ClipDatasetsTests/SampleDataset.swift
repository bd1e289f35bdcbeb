import ClipDatasets
import HDF5

/// Clips whose every byte is a function of where it stands.
enum SampleClips {
    static let shape = (frames: 5, height: 6, width: 8)
    static let classNames = ["jump", "run", "sit"]

    static func pixels(_ index: Int) -> [UInt8] {
        (0..<shape.frames * shape.height * shape.width * 3).map {
            UInt8(truncatingIfNeeded: $0 &* 7 &+ index &* 31)
        }
    }

    /// Clips smooth enough for JPEG to keep them nearly as they are.
    static func smoothPixels(_ index: Int) -> [UInt8] {
        var pixels: [UInt8] = []
        for frame in 0..<shape.frames {
            for row in 0..<shape.height {
                for column in 0..<shape.width {
                    let light = UInt8(40 + 10 * frame + 8 * row + 6 * column + index)
                    pixels += [light, light, light]
                }
            }
        }
        return pixels
    }

    static func record(_ index: Int) -> ClipRecord {
        ClipRecord(
            label: index % classNames.count, videoID: "video \(index)", framesPerSecond: 25,
            group: index / 2)
    }

    static func write(_ path: String, storage: ClipStorage, train: Int = 4, val: Int = 2) throws {
        let writer = try ClipDatasetWriter(
            path: path, classNames: classNames, shape: shape, storage: storage)
        for (split, count) in [("train", train), ("val", val)] {
            for index in 0..<count {
                let pixels = storage.layout == .jpeg ? smoothPixels(index) : pixels(index)
                try writer.append(pixels, record(index), to: split)
            }
        }
        try writer.finish()
    }
}

/// A file in the format, written piece by piece, so that a test can spoil one of the pieces.
struct HandmadeDataset {
    var attributes: [(String, HDF5AttributeValue)] = [
        ("format", .string("slowfast-clips")), ("version", .integer(1)), ("color", .string("RGB")),
        ("layout", .string("NTHWC")),
    ]
    var classNames = ["a", "b"]
    var labels: [Int64] = [0, 1]
    var framesShape = [2, 2, 4, 4, 3]
    var offsets: [Int64]?
    var jpegs: [[UInt8]] = []
    var videoIDs: [String]?

    func write(_ path: String) throws {
        let file = try HDF5File(creating: path)
        for (name, value) in attributes { try file.setAttribute(name, to: value) }
        try file.createDataset("/class_names", holding: classNames)
        try file.createDataset("/train/labels", holding: labels, shape: [labels.count])
        if let videoIDs { try file.createDataset("/train/video_id", holding: videoIDs) }
        if let offsets {
            try file.createDataset("/train/offsets", holding: offsets, shape: [offsets.count])
            let jpeg = try file.createDataset(
                "/train/jpeg", of: .variableLength(.uint8), shape: [jpegs.count])
            try jpeg.write(blobs: jpegs, at: 0)
        } else {
            let bytes = [UInt8](repeating: 9, count: framesShape.reduce(1, *))
            try file.createDataset("/train/frames", holding: bytes, shape: framesShape)
        }
        try file.finish()
    }
}
