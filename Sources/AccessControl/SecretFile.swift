import Glibc

import struct Foundation.Data
import class Foundation.FileManager

/// A small text file that only its owner may read: lines of a name, a blank and a value; lines that begin
/// with `# ` are for people.
struct SecretFile {
    /// The first line that is no comment says what the file is, and in which version.
    let kind: String
    var comments: [String] = []
    var fields: [(name: String, value: String)] = []

    init(kind: String) { self.kind = kind }

    var text: String {
        (comments.map { "# \($0)" } + ["\(kind) 1"] + fields.map { "\($0.name) \($0.value)" })
            .map { $0 + "\n" }.joined()
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// - Throws: `AccessError.system` where it cannot be read, `.malformed` where it is something else.
    init(kind: String, contentsOf path: String) throws(AccessError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .system("cannot read", path)
        }
        // No such file is longer; a wrong name may lead to anything.
        guard data.count < 1 << 16, let text = String(data: data, encoding: .utf8) else {
            throw Self.foreign(kind, path)
        }
        try self.init(kind: kind, text: text, path: path)
    }

    init(kind: String, text: String, path: String) throws(AccessError) {
        self.init(kind: kind)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("# ") && $0 != "#" }
        // A line of blanks has no words.
        let words = lines.map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
            .filter { !$0.isEmpty }
        guard let first = words.first, first.first == kind else {
            throw Self.foreign(kind, path)
        }
        guard first.last == "1" else {
            throw .malformed(
                path: path, problem: "is of another version of Lockstep: install the same release")
        }
        fields = words.dropFirst().map { ($0[0], $0.count > 1 ? $0[1] : "") }
    }

    private static func foreign(_ kind: String, _ path: String) -> AccessError {
        .malformed(
            path: path, problem: "is no \(kind) file: name the right one, or copy it again")
    }

    /// A key of the file.
    func key(_ name: String, path: String) throws(AccessError) -> String {
        guard let value = self[name] else {
            throw .malformed(path: path, problem: "has no line \"\(name)\"")
        }
        return value
    }

    /// Whether anyone but the owner and its group may read the file.
    static func isExposed(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o007 != 0
    }

    /// Writes the file for its owner alone, durably.
    ///
    /// - Parameter replaces: Whether what is there gives way, whole; else it stays, and this throws.
    func write(
        to path: String, replaces: Bool = false, remedy: String = "name another file"
    ) throws(AccessError) {
        let place = replaces ? path + ".new" : path
        if replaces { unlink(place) }
        let descriptor = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw .exists(path: path, remedy: remedy) }
            throw .system("cannot write", path)
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0
        else { throw .system("cannot write", path) }
        if replaces, rename(place, path) != 0 { throw .system("cannot write", path) }
    }
}
