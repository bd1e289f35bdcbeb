import Foundation

/// A file that a command is to write once its work is done.
enum OutputFile {
    /// Refuses a file that cannot be written, before anything is computed for it.
    ///
    /// - Throws: `RunFailure` that names the file and the remedy.
    static func check(_ path: String) throws(RunFailure) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder),
            isFolder.boolValue
        else {
            throw RunFailure(
                description: "\(path): there is no folder \(folder); make it, or name another file")
        }
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw RunFailure(
                description: "\(path): \(folder) cannot be written to; name a file elsewhere")
        }
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        {
            throw RunFailure(description: "\(path) is a folder; name a file")
        }
    }
}
