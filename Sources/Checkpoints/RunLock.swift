import Glibc

/// Keeps other processes out of a run directory for as long as it lives. The kernel lets go of it
/// when the process ends, however it ends.
final class RunLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `SavedStateError` of kind `locked` that names the process holding it.
    init(_ path: String, storage: Storage) throws(SavedStateError) {
        if !storage.exists(path) { try storage.check(.createFile(path)) }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system("opening", path) }
        if let code = Self.take(descriptor) {
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .system("locking", path, code: code) }
            throw Self.held(path, storage: storage)
        }
        let text = "\(getpid())\n"
        if ftruncate(descriptor, 0) != 0 || pwrite(descriptor, text, text.utf8.count, 0) < 0 {
            let code = errno
            close(descriptor)
            throw .system("writing", path, code: code)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// - Returns: Why it cannot be had. Who only looks whether it is held has it for a moment: that is waited for.
    private static func take(_ descriptor: Int32) -> Int32? {
        var code: Int32 = 0
        for attempt in 0..<5 {
            if attempt > 0 { usleep(10_000) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
            code = errno
            if code != EWOULDBLOCK { break }
        }
        return code
    }

    /// Whether a process holds the lock at `path`.
    static func isHeld(_ path: String) throws(SavedStateError) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 && errno == ENOENT { return false }
        guard descriptor >= 0 else { throw .system("opening", path) }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return false }
        guard errno == EWOULDBLOCK else { throw .system("locking", path) }
        return true
    }

    private static func held(_ path: String, storage: Storage) -> SavedStateError {
        var holder: Int32?
        do throws(SavedStateError) {
            let text = String(decoding: try storage.read(path, limit: 64), as: UTF8.self)
            holder = Int32(text.prefix { $0.isNumber })
        } catch {
            // The holder's number is a help, not a need.
            holder = nil
        }
        let process = holder.map { "process \($0)" } ?? "another process"
        return SavedStateError(
            .locked(process: holder), parent(of: path), "is in use by \(process)",
            remedy: "wait for it, or stop it, which saves: Ctrl-C, or coordinator stop --run")
    }
}
