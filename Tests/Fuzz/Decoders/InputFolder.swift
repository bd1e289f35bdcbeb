import Glibc

/// A folder of this process for inputs that have to be files.
enum InputFolder {
    static let path: String = {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/lockstep-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            preconditionFailure("no folder can be made in \(parent)")
        }
        atexit { InputFolder.remove() }
        let letters = template.dropLast().map { UInt8(bitPattern: $0) }
        return String(decoding: letters, as: UTF8.self)
    }()

    /// Writes a file of the folder in the place of the one of this name; returns its path.
    static func write(_ bytes: [UInt8], to name: String) -> String {
        write(bytes, as: "\(path)/\(name)")
        return "\(path)/\(name)"
    }

    static func write(_ bytes: [UInt8], as file: String) {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "\(file) cannot be written")
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
            }
            precondition(count > 0, "\(file) cannot be written")
            done += count
        }
    }

    /// What a file of this machine holds.
    static func read(_ file: String) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    private static func remove() {
        for name in [
            "input", "clips.h5", "manifest.json", "dataset.json", "journal", "access.jsonl", "page",
        ] {
            unlink("\(path)/\(name)")
        }
        rmdir(path)
    }
}
