import HDF5

/// An HDF5 file of labelled video clips, checked when it is opened.
///
/// A file holds `/class_names`, the splits `/train`, `/val`, `/test` (any of them), and in a split
/// either `frames`, uint8 (clip, time, height, width, channel), or `jpeg` with `offsets`; `labels`;
/// and perhaps `video_id`, `fps` and `group`. The attribute `frame_stride` may tell how far apart in
/// the videos the frames lie.
public final class ClipDataset: Sendable {
    public let path: String
    public let version: Int
    public let classNames: [String]
    /// Frames of a video from one stored frame to the next, where the file says.
    public let frameStride: Int?
    /// The splits there are, in the order train, val, test.
    public let splits: [ClipSplit]

    /// Opens and checks a file: format, types, shapes, labels, offsets. Reads labels and other
    /// small tables, no frames (but the first JPEG's header).
    public init(path: String) throws(ClipDatasetError) {
        self.path = path
        let file = try rethrowing { () throws(HDF5Error) in try HDF5File(reading: path) }
        version = try Self.checkFormat(of: file)
        classNames = try Self.classNames(of: file)
        frameStride = try Self.frameStride(of: file)
        var splits: [ClipSplit] = []
        for name in ClipFormat.splits
        where try rethrowing({ () throws(HDF5Error) in try file.exists("/" + name) }) {
            splits.append(try ClipSplit(name: name, file: file, classCount: classNames.count))
        }
        guard !splits.isEmpty else {
            throw .invalid(
                path: path, dataset: "/", problem: "there is no split",
                remedy: "A file needs at least one of the groups /train, /val and /test.")
        }
        self.splits = splits
    }

    /// The split of this name.
    public func split(_ name: String) throws(ClipDatasetError) -> ClipSplit {
        guard let split = splits.first(where: { $0.name == name }) else {
            throw .noSuchSplit(path: path, name: name, present: splits.map(\.name))
        }
        return split
    }
}

extension ClipDataset {
    private static func checkFormat(of file: HDF5File) throws(ClipDatasetError) -> Int {
        let written =
            "Write the attributes format, version, color and layout, or make the file "
            + "with `coordinator dataset pack`."
        func invalid(_ problem: String, _ remedy: String) -> ClipDatasetError {
            .invalid(path: file.path, dataset: "/", problem: problem, remedy: remedy)
        }
        func attribute(_ name: String) throws(ClipDatasetError) -> HDF5AttributeValue? {
            try rethrowing { () throws(HDF5Error) in try file.attribute(name) }
        }
        guard let format = try attribute("format") else {
            throw invalid("the attribute format is missing", written)
        }
        guard format == .string(ClipFormat.name) else {
            throw invalid(
                "the attribute format is \"\(format)\", not \"\(ClipFormat.name)\"", written)
        }
        guard case .integer(let version)? = try attribute("version") else {
            throw invalid("the attribute version is missing or no integer", written)
        }
        guard version == ClipFormat.version else {
            throw invalid(
                "the format's version is \(version), and this program reads \(ClipFormat.version)",
                "Make the file again with this program, or use the program that made it.")
        }
        for (name, expected) in [("color", ClipFormat.color), ("layout", ClipFormat.axes)] {
            if let value = try attribute(name), value != .string(expected) {
                throw invalid(
                    "the attribute \(name) is \"\(value)\", not \"\(expected)\"",
                    "Store frames as \(ClipFormat.axes) in \(ClipFormat.color).")
            }
        }
        return Int(version)
    }

    private static func frameStride(of file: HDF5File) throws(ClipDatasetError) -> Int? {
        let value = try rethrowing { () throws(HDF5Error) in
            try file.attribute(ClipFormat.frameStride)
        }
        guard let value else { return nil }
        guard case .integer(let stride) = value, stride > 0 else {
            throw .invalid(
                path: file.path, dataset: "/",
                problem:
                    "the attribute \(ClipFormat.frameStride) is \"\(value)\", no number above 0",
                remedy: "Write an integer, or leave it out.")
        }
        return Int(stride)
    }

    private static func classNames(of file: HDF5File) throws(ClipDatasetError) -> [String] {
        let names = try rethrowing { () throws(HDF5Error) in
            let dataset = try file.dataset("/class_names")
            try dataset.requireRank(1)
            return try dataset.readStrings()
        }
        guard !names.isEmpty else {
            throw .invalid(
                path: file.path, dataset: "/class_names", problem: "there are no classes",
                remedy: "List the name of every class, in the order of the labels.")
        }
        return names
    }
}
