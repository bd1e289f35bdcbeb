import Glibc
import Synchronization

/// `metrics.jsonl`: a line of JSON for every measurement, for people and plots. Nothing depends on
/// it, so that lines are written without waiting for the disk.
public final class MetricsLog: Sendable {
    public let path: String
    private let descriptor: Mutex<Int32>

    init(_ path: String, storage: Storage) throws(SavedStateError) {
        if !storage.exists(path) { try storage.check(.createFile(path)) }
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system("opening", path) }
        self.path = path
        self.descriptor = Mutex(descriptor)
        try endTornLine()
    }

    deinit { descriptor.withLock { _ = close($0) } }

    /// Appends a line.
    public func append(_ line: String) throws(SavedStateError) {
        precondition(!line.utf8.contains(UInt8(ascii: "\n")), "a line has no line feed")
        try write(Array("\(line)\n".utf8))
    }

    /// A crash may have left half a line; the next one starts on its own.
    private func endTornLine() throws(SavedStateError) {
        let file = try FileReader(path)
        guard file.count > 0 else { return }
        if try file.read(at: file.count - 1, count: 1) != [UInt8(ascii: "\n")] {
            try write([UInt8(ascii: "\n")])
        }
    }

    private func write(_ bytes: [UInt8]) throws(SavedStateError) {
        let failure: SavedStateError? = descriptor.withLock { descriptor in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                if written < 0 && errno == EINTR { continue }
                if written < 0 { return .system("writing", path) }
                rest = rest.dropFirst(written)
            }
            return nil
        }
        if let failure { throw failure }
    }
}
