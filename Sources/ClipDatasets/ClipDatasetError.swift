import HDF5

/// Why a clip dataset cannot be used: the file, the dataset in it, the offending value, the remedy.
public enum ClipDatasetError: Error, Hashable, Sendable {
    /// The file itself cannot be read or written.
    case file(HDF5Error)
    /// The file is sound HDF5, but not what the format asks for.
    case invalid(path: String, dataset: String, problem: String, remedy: String)
    /// The file has no split of this name.
    case noSuchSplit(path: String, name: String, present: [String])
    /// A clip or frame outside the split was asked for.
    case outOfRange(path: String, dataset: String, problem: String)
    /// What a writer was given does not fit what it was told it would get.
    case unwritable(path: String, problem: String, remedy: String)

    /// Whether there is nothing at the path.
    public var isMissingFile: Bool {
        if case .file(let error) = self { error.reason == .noSuchFile } else { false }
    }
}

extension ClipDatasetError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .invalid(let path, let dataset, let problem, let remedy):
            "\(path), \(dataset): \(problem). \(remedy)"
        case .noSuchSplit(let path, let name, let present):
            "\(path): there is no split \(name), only \(present.joined(separator: ", ")). "
                + "Choose one of these, or add the group /\(name) to the file."
        case .outOfRange(let path, let dataset, let problem): "\(path), \(dataset): \(problem)."
        case .unwritable(let path, let problem, let remedy): "\(path): \(problem). \(remedy)"
        }
    }
}

/// Runs `body`, turning an HDF5 error into one of this module's.
func rethrowing<Value>(
    _ body: () throws(HDF5Error) -> Value
) throws(ClipDatasetError) -> Value {
    do { return try body() } catch { throw .file(error) }
}
