import Glibc
import Synchronization

/// An append-only file of lines, each durable when `append` returns.
///
/// A line on disk is its text, a tab, eight hexadecimal digits and a line feed. The digits are the
/// CRC-32 of the text, started from that of the line before (zlib's `crc32(text, before)`). What a
/// crash tore off at the end is dropped when the journal is opened; damage anywhere else is an error.
public final class Journal: Sendable {
    /// What a journal holds.
    public struct Contents: Sendable, Hashable {
        public var lines: [String] = []
        /// Bytes at the end that are no whole line: the last write, torn by a crash.
        public var droppedBytes = 0
        /// Bytes of the lines.
        var validBytes = 0
        var checksum: UInt32 = 0
    }

    private struct State {
        var checksum: LineChecksum
        var count: Int
        /// Set when the file's end is unknown; nothing is appended behind it.
        var isBroken = false
    }

    public let path: String
    /// What was found when the journal was opened.
    public let contents: Contents
    private let descriptor: Int32
    private let storage: Storage
    private let state: Mutex<State>

    /// Opens a journal for appending, or makes an empty one; cuts off a torn end.
    init(_ path: String, storage: Storage) throws(SavedStateError) {
        let isNew = !storage.exists(path)
        if isNew { try storage.check(.createFile(path)) }
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system("opening", path) }
        do throws(SavedStateError) {
            let (found, checksum) = try Self.read(path)
            if found.droppedBytes > 0 {
                try storage.check(.truncate(path))
                if ftruncate(descriptor, found.validBytes) != 0 || fsync(descriptor) != 0 {
                    throw .system("cutting off the torn end", path)
                }
            }
            if isNew { try storage.synchronizeDirectory(parent(of: path)) }
            contents = found
            state = Mutex(State(checksum: checksum, count: found.validBytes))
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        self.storage = storage
    }

    deinit { close(descriptor) }

    /// Appends a line and returns when it is on the disk.
    ///
    /// - Throws: `SavedStateError`; the journal is then as before, or takes no more lines.
    public func append(_ line: String) throws(SavedStateError) {
        precondition(!line.utf8.contains(UInt8(ascii: "\n")), "a journal's line has no line feed")
        let failure: SavedStateError? = state.withLock { state in
            guard !state.isBroken else {
                return SavedStateError(
                    .corrupt, path, "takes no more lines after a failed write",
                    remedy: "resume the run")
            }
            let checksum = state.checksum.adding(line.utf8)
            let bytes = Array("\(line)\t\(checksum.text)\n".utf8)
            do throws(SavedStateError) {
                try write(bytes)
            } catch {
                // Without the cut a later line would stand behind a torn one.
                state.isBroken = ftruncate(descriptor, state.count) != 0
                return error
            }
            // After a failed fsync nobody knows what is on the disk.
            if let error = synchronize() {
                state.isBroken = true
                return error
            }
            state.checksum = checksum
            state.count += bytes.count
            return nil
        }
        if let failure { throw failure }
    }

    private func write(_ bytes: [UInt8]) throws(SavedStateError) {
        try storage.check(.write(path, bytes: bytes.count))
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw .system("writing", path)
            }
            done += written
        }
    }

    private func synchronize() -> SavedStateError? {
        do throws(SavedStateError) {
            try storage.check(.synchronize(path))
        } catch {
            return error
        }
        return fdatasync(descriptor) == 0 ? nil : .system("synchronizing", path)
    }
}
