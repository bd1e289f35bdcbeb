import Foundation

/// Reads stretches of a file, each checked against the file's length first.
///
/// HDF5's C library follows references into its global heap without checking them (releases up to
/// 1.14 do so at least in part), so a damaged file can crash it. Variable-length data is therefore
/// read by this module itself, after the format's specification, section III.E.
final class FileBytes: Sendable {
    private let descriptor: Int32
    private let length: Int
    let place: Place

    init(_ place: Place) throws(HDF5Error) {
        self.place = place
        descriptor = open(place.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HDF5Error.system("open the file", at: place) }
        var status = stat()
        length = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    deinit { close(descriptor) }

    /// The bytes at an address of the file.
    func read(_ count: Int, at address: UInt64) throws(HDF5Error) -> [UInt8] {
        guard let start = Int(exactly: address), start <= length, count <= length - start else {
            throw HDF5Error(
                .damaged("\(count) bytes at \(address) lie outside the file"), at: place)
        }
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { memory in
                pread(
                    descriptor, memory.baseAddress.map { $0 + filled }, count - filled,
                    off_t(start + filled))
            }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { throw HDF5Error.system("read the file", at: place) }
            filled += got
        }
        return bytes
    }
}

extension [UInt8] {
    /// A little-endian number; the caller has checked that it lies within.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type, at offset: Int
    ) -> Number {
        withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
    }
}
