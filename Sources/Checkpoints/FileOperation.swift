/// One change to the disk. Saving is a sequence of these, and safe to stop before any of them.
public enum FileOperation: Sendable, Hashable {
    case createDirectory(String)
    case createFile(String)
    case write(String, bytes: Int)
    /// fsync of a file or a directory.
    case synchronize(String)
    case rename(String, to: String)
    case remove(String)
    case truncate(String)
}

/// Asked before each operation. One that throws stands for a kill, or for a failing disk, at exactly
/// that point; tests stop a save everywhere with it.
public typealias FaultPoint = @Sendable (FileOperation) throws(SavedStateError) -> Void
