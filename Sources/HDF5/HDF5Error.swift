/// What went wrong with an HDF5 file: which file, which object in it, and what HDF5 itself says.
public struct HDF5Error: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// There is nothing at the path.
        case noSuchFile
        /// The path names a directory or something else that cannot hold HDF5.
        case notAFile
        /// The system does not let this process read or write the path.
        case noPermission
        /// The file lacks HDF5's signature.
        case notHDF5
        /// The file is shorter than its own header says.
        case truncated
        /// A new file would replace one that is there.
        case fileExists
        /// The file holds nothing of this name.
        case noSuchObject
        /// A dataset was asked for, and the name is a group's, or the other way round.
        case wrongKind(expected: String, actual: String)
        case wrongRank(expected: Int, actual: Int)
        case wrongType(expected: HDF5ElementType, actual: HDF5ElementType)
        /// A selection reaches beyond the dataset, or does not fit the memory given for it.
        case outOfBounds(String)
        /// The data went through a filter that this HDF5 library does not have.
        case filterMissing(identifier: Int, name: String)
        /// Structures of the file contradict each other.
        case damaged(String)
        /// The shape claims more data than the file's bytes can hold: the file is damaged.
        case implausibleSize(bytes: Int)
        /// A string is not UTF-8.
        case notUTF8
        /// HDF5 or the system refused; `libraryMessage` says why.
        case refused(operation: String)
    }

    public let reason: Reason
    /// The file.
    public let path: String
    /// The object in the file, as `/train/frames`; nil where the file as a whole is meant.
    public let object: String?
    /// HDF5's own error stack, outermost first, in one line; empty where HDF5 was not the one to
    /// object.
    public let libraryMessage: String

    init(_ reason: Reason, at place: Place, libraryMessage: String = "") {
        self.reason = reason
        self.path = place.path
        self.object = place.object
        self.libraryMessage = libraryMessage
    }
}

/// A file and perhaps an object in it: what every error names.
struct Place: Hashable, Sendable {
    let path: String
    var object: String?

    func appending(_ object: String) -> Place { Place(path: path, object: object) }
}

extension HDF5Error: CustomStringConvertible {
    public var description: String {
        let place = object.map { "\(path), \($0)" } ?? path
        let said = libraryMessage.isEmpty ? "" : " (HDF5: \(libraryMessage))"
        return "\(place): \(explanation)\(said)"
    }

    private var explanation: String {
        switch reason {
        case .noSuchFile: "there is no such file. Check the path."
        case .notAFile: "this is not a regular file. Give the path of an HDF5 file."
        case .noPermission:
            "permission denied. Check the owner and mode of the file and its folder."
        case .notHDF5:
            "this is not an HDF5 file: its first bytes are not HDF5's signature. Check the path."
        case .truncated: "the file is cut short. Copy or make it again."
        case .fileExists: "the file exists already. Choose another name, or ask to replace it."
        case .noSuchObject: "there is no such object in the file."
        case .wrongKind(let expected, let actual): "expected a \(expected), found a \(actual)."
        case .wrongRank(let expected, let actual):
            "expected \(expected) axes, found \(actual)."
        case .wrongType(let expected, let actual):
            "expected elements of type \(expected), found \(actual)."
        case .outOfBounds(let what): what
        case .filterMissing(let identifier, let name):
            "the data went through filter \(identifier) (\(name)), which this HDF5 library lacks. "
                + "Write the file again with gzip or no filter, or install the filter's plugin."
        case .damaged(let what): "the file is damaged: \(what). Copy or make it again."
        case .implausibleSize(let bytes):
            "the shape claims \(bytes) bytes, more than the file can hold: it is damaged."
        case .notUTF8: "a string is not UTF-8."
        case .refused(let operation): "could not \(operation)."
        }
    }
}
