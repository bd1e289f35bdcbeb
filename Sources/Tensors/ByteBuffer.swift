/// A fixed run of bytes, zero at first, aligned to 64. The rules of `FloatBuffer` hold here too.
// @unchecked: as FloatBuffer: `base` and `count` never change, and the bytes belong to one owner at
// a time, handed over through a lock or a queue.
public final class ByteBuffer: @unchecked Sendable {
    /// The first byte.
    public let base: UnsafeMutablePointer<UInt8>
    /// The number of bytes.
    public let count: Int

    /// Allocates `count` zeros.
    public init(count: Int) {
        precondition(count >= 0, "a buffer of \(count) bytes")
        self.count = count
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: max(count, 1), alignment: FloatBuffer.alignment)
        base = raw.bindMemory(to: UInt8.self, capacity: max(count, 1))
        base.initialize(repeating: 0, count: max(count, 1))
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    /// All bytes, for the lifetime of the buffer.
    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base, count: count)
    }
}
