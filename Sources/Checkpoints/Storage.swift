import Glibc

/// The changes to the disk that saved state is made of, each behind the fault point.
struct Storage: Sendable {
    let fault: FaultPoint?

    func check(_ operation: FileOperation) throws(SavedStateError) {
        try fault?(operation)
    }

    /// Makes a directory; one that exists is left as it is.
    func createDirectory(_ path: String) throws(SavedStateError) {
        try check(.createDirectory(path))
        if mkdir(path, 0o777) != 0 && errno != EEXIST {
            throw .system("making the directory", path)
        }
    }

    /// Makes what was renamed or created in a directory durable.
    func synchronizeDirectory(_ path: String) throws(SavedStateError) {
        try check(.synchronize(path))
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("opening the directory", path) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw .system("synchronizing the directory", path) }
    }

    func rename(_ path: String, to target: String) throws(SavedStateError) {
        try check(.rename(path, to: target))
        if Glibc.rename(path, target) != 0 { throw .system("renaming to \(target)", path) }
    }

    /// Removes a file, if it is there.
    func removeFile(_ path: String) throws(SavedStateError) {
        try check(.remove(path))
        if unlink(path) != 0 && errno != ENOENT { throw .system("removing", path) }
    }

    /// Removes a directory and the files in it, if it is there.
    func removeDirectory(_ path: String) throws(SavedStateError) {
        guard let names = try list(path) else { return }
        for name in names { try removeFile("\(path)/\(name)") }
        try check(.remove(path))
        if rmdir(path) != 0 { throw .system("removing", path) }
    }

    /// Writes a small file so that the old one or the new one is there at every moment.
    func replaceFile(_ path: String, with text: String) throws(SavedStateError) {
        let temporary = path + Self.temporarySuffix
        var writer = try FileWriter(temporary, storage: self)
        try writer.write(text)
        _ = try writer.finish()
        try rename(temporary, to: path)
        try synchronizeDirectory(parent(of: path))
    }

    /// What files that were never finished end in.
    static let temporarySuffix = ".partial"

    /// Names in a directory in byte order, or nil if it does not exist.
    func list(_ path: String) throws(SavedStateError) -> [String]? {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return nil }
            throw .system("listing the directory", path)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw .system("listing the directory", path) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// The whole of a file of at most `limit` bytes.
    func read(_ path: String, limit: Int) throws(SavedStateError) -> [UInt8] {
        let file = try FileReader(path)
        guard file.count <= limit else {
            throw SavedStateError(
                .malformed, path, "is \(file.count) bytes, more than the \(limit) it may have")
        }
        return try file.read(at: 0, count: file.count)
    }
}

/// The directory that holds `path`.
func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
