import Foundation

/// What a viewer of a run's page must know where the page is served beyond loopback.
struct DashboardToken {
    let path: String
    let text: String

    /// The run's token, which is made the first time.
    ///
    /// - Throws: `RunFailure` where it cannot be read or kept.
    init(inRunAt directory: String) throws {
        path = directory + "/dashboard-token"
        if FileManager.default.fileExists(atPath: path) {
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            text = kept.trimmingCharacters(in: .whitespacesAndNewlines)
            guard text.count >= 16 else {
                throw RunFailure(
                    description: "\(path) has no token of 16 characters or more: remove it, and "
                        + "another is made")
            }
            return
        }
        var generator = SystemRandomNumberGenerator()
        text = (0..<4).map { _ in String(generator.next(), radix: 36) }.joined()
        // Readable by its owner alone from the first moment on.
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw RunFailure(
                description: "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        try FileHandle(fileDescriptor: file, closeOnDealloc: true).write(
            contentsOf: Data((text + "\n").utf8))
    }
}
