import Crypto
import Glibc

/// A file open for reading at any place. Reading never moves a position, so that threads may share it.
final class FileReader: Sendable {
    let path: String
    /// Size when it was opened, in bytes.
    let count: Int
    private let descriptor: Int32

    init(_ path: String) throws(SavedStateError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("opening", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw .system("examining", path, code: code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw SavedStateError(.malformed, path, "is not a file")
        }
        self.path = path
        self.descriptor = descriptor
        count = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Fills `buffer` from `offset` on.
    func read(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SavedStateError) {
        var done = 0
        while done < buffer.count {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let got = pread(descriptor, part.baseAddress, part.count, offset + done)
            if got < 0 {
                if errno == EINTR { continue }
                throw .system("reading", path)
            }
            if got == 0 {
                throw SavedStateError(.corrupt, path, "ends at byte \(offset + done), too early")
            }
            done += got
        }
    }

    func read(at offset: Int, count: Int) throws(SavedStateError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var failure: SavedStateError?
        bytes.withUnsafeMutableBytes { buffer in
            do throws(SavedStateError) { try read(at: offset, into: buffer) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// SHA-256 of the whole file.
    func sha256() throws(SavedStateError) -> String {
        var hash = SHA256()
        try forEachPiece(from: 0, count: count) { hash.update(bufferPointer: $0) }
        return hexadecimal(hash.finalize())
    }

    /// Hands `count` bytes from `offset` on to `body`, piece by piece.
    func forEachPiece(
        from offset: Int, count: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SavedStateError) {
        let size = 1 << 20
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(size, count)), alignment: 64)
        defer { buffer.deallocate() }
        var done = 0
        while done < count {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(min(size, count - done)))
            try read(at: offset + done, into: piece)
            body(UnsafeRawBufferPointer(piece))
            done += piece.count
        }
    }
}
