import Crypto
import Glibc

/// A file being written from its start, hashed on the way. It counts only once `finish` returned.
struct FileWriter: ~Copyable {
    /// What a finished file is.
    struct Record {
        var bytes: Int
        var sha256: String
    }

    /// Bytes a system call writes at most, so that a fault point finds more than one in a large file.
    private static let piece = 8 << 20

    private let path: String
    private let storage: Storage
    private let descriptor: Int32
    private var hash = SHA256()
    private var count = 0

    init(_ path: String, storage: Storage) throws(SavedStateError) {
        try storage.check(.createFile(path))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system("creating", path) }
        self.path = path
        self.storage = storage
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(SavedStateError) {
        var rest = bytes
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.piece))
            try storage.check(.write(path, bytes: piece.count))
            let written = Glibc.write(descriptor, piece.baseAddress, piece.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw .system("writing", path)
            }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: piece.prefix(written)))
            count += written
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    mutating func write(_ text: String) throws(SavedStateError) {
        try write(Array(text.utf8))
    }

    mutating func write(_ bytes: [UInt8]) throws(SavedStateError) {
        var failure: SavedStateError?
        bytes.withUnsafeBytes { bytes in
            do throws(SavedStateError) { try write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Makes the file durable.
    mutating func finish() throws(SavedStateError) -> Record {
        try storage.check(.synchronize(path))
        if fsync(descriptor) != 0 { throw .system("synchronizing", path) }
        return Record(bytes: count, sha256: hexadecimal(hash.finalize()))
    }
}

/// Lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes {
        text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    return text
}
