import HDF5

/// Appends clips to one split of a new file.
final class ClipSplitWriter {
    private let name: String
    private let file: HDF5File
    private let shape: (frames: Int, height: Int, width: Int)
    private let storage: ClipStorage
    private let pixels: HDF5Dataset
    private var records: [ClipRecord] = []

    /// The `jpeg` dataset grows by whole chunks of this many frames.
    private static let jpegsPerChunk = 256

    init(
        name: String, file: HDF5File, shape: (frames: Int, height: Int, width: Int),
        storage: ClipStorage
    ) throws(ClipDatasetError) {
        self.name = name
        self.file = file
        self.shape = shape
        self.storage = storage
        pixels = try rethrowing { () throws(HDF5Error) in
            switch storage.layout {
            case .frames:
                let (height, width) = (shape.height, shape.width)
                let chunkFrames = min(ClipFormat.framesPerChunk, shape.frames)
                return try file.createDataset(
                    "/\(name)/frames", of: .uint8,
                    shape: [0, shape.frames, height, width, ClipFormat.channels],
                    storage: HDF5Storage(
                        chunk: [1, chunkFrames, height, width, ClipFormat.channels],
                        isExtendable: true, deflate: storage.gzip, isChecksummed: true))
            case .jpeg:
                return try file.createDataset(
                    "/\(name)/jpeg", of: .variableLength(.uint8), shape: [0],
                    storage: HDF5Storage(chunk: [Self.jpegsPerChunk], isExtendable: true))
            }
        }
    }

    func append(
        _ clip: UnsafeBufferPointer<UInt8>, _ record: ClipRecord
    ) throws(ClipDatasetError) {
        let index = records.count
        switch storage.layout {
        case .frames:
            let sizes = [shape.frames, shape.height, shape.width, ClipFormat.channels]
            try rethrowing { () throws(HDF5Error) in
                try pixels.resize(to: [index + 1] + sizes)
                try pixels.write(
                    UnsafeRawBufferPointer(clip), as: .uint8, at: [index, 0, 0, 0, 0],
                    count: [1] + sizes)
            }
        case .jpeg:
            let images = try encode(clip)
            let first = index * shape.frames
            try rethrowing { () throws(HDF5Error) in
                try pixels.resize(to: [first + images.count])
                try pixels.write(blobs: images, at: first)
            }
        }
        records.append(record)
    }

    private func encode(
        _ clip: UnsafeBufferPointer<UInt8>
    ) throws(ClipDatasetError) -> [[UInt8]] {
        let frameBytes = shape.height * shape.width * ClipFormat.channels
        do throws(JPEGError) {
            let encoder = try JPEGEncoder(quality: storage.quality)
            var images: [[UInt8]] = []
            for frame in 0..<shape.frames {
                let part = clip[frame * frameBytes..<(frame + 1) * frameBytes]
                images.append(
                    try encoder.encode(
                        UnsafeBufferPointer(rebasing: part), height: shape.height,
                        width: shape.width))
            }
            return images
        } catch {
            throw .unwritable(
                path: file.path, problem: "a frame cannot become a JPEG (\(error))",
                remedy: "Frames may have up to \(ClipFormat.longestSide) pixels a side.")
        }
    }

    /// Writes the tables beside the pixels.
    func finish() throws(ClipDatasetError) {
        let count = records.count
        try rethrowing { () throws(HDF5Error) in
            try file.createDataset(
                "/\(name)/labels", holding: records.map { Int64($0.label) }, shape: [count])
            try file.createDataset("/\(name)/video_id", holding: records.map(\.videoID))
            try file.createDataset(
                "/\(name)/fps", holding: records.map(\.framesPerSecond), shape: [count])
            try file.createDataset(
                "/\(name)/group", holding: records.map { Int32(clamping: $0.group) },
                shape: [count])
            if storage.layout == .jpeg {
                try file.createDataset(
                    "/\(name)/offsets",
                    holding: (0...count).map { Int64($0 * shape.frames) }, shape: [count + 1])
            }
        }
    }
}
