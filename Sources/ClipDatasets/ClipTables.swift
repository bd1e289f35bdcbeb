import HDF5

/// Reads and checks the datasets of one split.
struct ClipTables {
    let file: HDF5File
    let split: String

    private func name(_ dataset: String) -> String { "/\(split)/\(dataset)" }

    private func invalid(_ dataset: String, _ problem: String, _ remedy: String)
        -> ClipDatasetError
    {
        .invalid(path: file.path, dataset: name(dataset), problem: problem, remedy: remedy)
    }

    func layout() throws(ClipDatasetError) -> ClipLayout {
        let present = try rethrowing { () throws(HDF5Error) in
            (frames: try file.exists(name("frames")), jpeg: try file.exists(name("jpeg")))
        }
        switch present {
        case (true, false): return .frames
        case (false, true): return .jpeg
        case (true, true):
            throw .invalid(
                path: file.path, dataset: "/" + split, problem: "there are both frames and jpeg",
                remedy: "Keep one of the two.")
        case (false, false):
            throw .invalid(
                path: file.path, dataset: "/" + split,
                problem: "there are neither frames nor jpeg",
                remedy: "Store uint8 frames (N, T, H, W, 3), or jpeg with offsets.")
        }
    }

    /// The class of each clip, each in 0..<classCount.
    func labels(classCount: Int) throws(ClipDatasetError) -> [Int] {
        let labels = try rethrowing { () throws(HDF5Error) in
            let dataset = try file.dataset(name("labels"))
            try dataset.requireRank(1)
            return try dataset.read(as: Int64.self)
        }
        guard !labels.isEmpty else {
            throw invalid("labels", "the split has no clips", "Remove the group or fill it.")
        }
        if let bad = labels.firstIndex(where: { $0 < 0 || $0 >= classCount }) {
            throw invalid(
                "labels",
                "label \(labels[bad]) at index \(bad) names none of the \(classCount) classes",
                "Labels count from 0 in the order of /class_names.")
        }
        return labels.map(Int.init)
    }

    /// The `frames` dataset and its shape (clip, time, height, width, channel).
    func frames(count: Int) throws(ClipDatasetError) -> (HDF5Dataset, [Int]) {
        let (dataset, shape) = try rethrowing { () throws(HDF5Error) in
            let dataset = try file.dataset(name("frames"))
            try dataset.requireType(.uint8)
            try dataset.requireRank(5)
            return (dataset, try dataset.shape())
        }
        guard shape[0] == count else {
            throw invalid(
                "frames", "there are \(shape[0]) clips and \(count) labels",
                "Give every clip one label.")
        }
        let sizes = shape[1...3]
        guard shape[4] == ClipFormat.channels, sizes.allSatisfy({ $0 > 0 }),
            sizes.allSatisfy({ $0 <= ClipFormat.longestSide })
        else {
            throw invalid(
                "frames", "the shape \(shape) is not (N, T, H, W, 3)",
                "Store RGB frames, the channel last.")
        }
        return (dataset, shape)
    }

    /// The `jpeg` dataset and where each clip starts in it.
    func jpeg(count: Int) throws(ClipDatasetError) -> (HDF5Dataset, [Int]) {
        let (dataset, frames, offsets) = try rethrowing { () throws(HDF5Error) in
            let dataset = try file.dataset(name("jpeg"))
            try dataset.requireType(.variableLength(.uint8))
            try dataset.requireRank(1)
            let offsets = try file.dataset(name("offsets"))
            try offsets.requireRank(1)
            return (dataset, try dataset.shape()[0], try offsets.read(as: Int64.self))
        }
        guard offsets.count == count + 1 else {
            throw invalid(
                "offsets", "there are \(offsets.count) offsets for \(count) clips",
                "Store one offset a clip, and the number of frames as the last.")
        }
        for index in 0..<count {
            let range = (offsets[index], offsets[index + 1])
            guard range.0 >= 0, range.0 < range.1, range.1 <= frames else {
                throw invalid(
                    "offsets",
                    "clip \(index) is frames \(range.0) to \(range.1) of \(frames)",
                    "Offsets rise from clip to clip and stay within the frames there are.")
            }
        }
        return (dataset, offsets.map(Int.init))
    }

    /// Height and width of a stored JPEG; those of all of the split, which decoding checks.
    func size(
        ofJPEG frame: Int, in dataset: HDF5Dataset
    ) throws(ClipDatasetError) -> (height: Int, width: Int) {
        var bytes: [UInt8] = []
        _ = try rethrowing { () throws(HDF5Error) in
            try dataset.readBlobs(frame..<frame + 1, appendingTo: &bytes)
        }
        do {
            return try JPEGDecoder().size(of: bytes[...])
        } catch {
            throw invalid(
                "jpeg", "frame \(frame) is no JPEG (\(error))", "Make the file again.")
        }
    }

    /// An optional table of strings, one a clip.
    func strings(_ dataset: String, count: Int) throws(ClipDatasetError) -> [String]? {
        try optional(dataset, count: count) { (dataset) throws(HDF5Error) in
            try dataset.readStrings()
        }
    }

    /// An optional table of numbers, one a clip.
    func numbers<Element: HDF5Element>(
        _ dataset: String, as element: Element.Type, count: Int
    ) throws(ClipDatasetError) -> [Element]? {
        try optional(dataset, count: count) { (dataset) throws(HDF5Error) in
            try dataset.read(as: element)
        }
    }

    private func optional<Element>(
        _ dataset: String, count: Int, _ read: (HDF5Dataset) throws(HDF5Error) -> [Element]
    ) throws(ClipDatasetError) -> [Element]? {
        let values = try rethrowing { () throws(HDF5Error) -> [Element]? in
            guard try file.exists(name(dataset)) else { return nil }
            let handle = try file.dataset(name(dataset))
            try handle.requireRank(1)
            return try read(handle)
        }
        guard let values else { return nil }
        guard values.count == count else {
            throw invalid(
                dataset, "there are \(values.count) values for \(count) clips",
                "Store one a clip, or none at all.")
        }
        return values
    }
}
