/// A fixed run of floats, zero at first, aligned to 64 bytes: a cache line, and the widest vector.
///
/// The memory lives as long as the buffer. Kernels take `base`, so keep the buffer referenced for
/// as long as the pointer is used: a buffer held by a long-lived owner (an arena, a parameter
/// store) does that by itself.
// @unchecked: `base` and `count` never change. The floats behind them belong to the buffer's one
// owner, which writes from one thread, or from tiles of `ThreadPool.run` that write disjoint
// ranges; handing the buffer to another thread goes through a lock or a queue.
public final class FloatBuffer: @unchecked Sendable {
    /// The bytes to which `base` is aligned.
    public static let alignment = 64

    /// The first float.
    public let base: UnsafeMutablePointer<Float>
    /// The number of floats.
    public let count: Int
    /// Whose memory this is, where it is a slice.
    private let owner: FloatBuffer?

    /// Allocates `count` zeros.
    public init(count: Int) {
        precondition(count >= 0, "a buffer of \(count) floats")
        self.count = count
        owner = nil
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: bytes, alignment: FloatBuffer.alignment)
        base = raw.bindMemory(to: Float.self, capacity: max(count, 1))
        base.initialize(repeating: 0, count: max(count, 1))
    }

    /// A part of `owner`'s memory.
    init(base: UnsafeMutablePointer<Float>, count: Int, owner: FloatBuffer) {
        self.base = base
        self.count = count
        self.owner = owner
    }

    /// A copy of `values`.
    public convenience init(_ values: [Float]) {
        self.init(count: values.count)
        for (i, value) in values.enumerated() { base[i] = value }
    }

    deinit {
        if owner == nil { UnsafeMutableRawPointer(base).deallocate() }
    }

    /// All floats, for the lifetime of the buffer.
    public var floats: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    /// All bytes, for the lifetime of the buffer.
    public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(floats) }

    /// A copy as an array.
    public var array: [Float] { Array(floats) }

    public subscript(index: Int) -> Float {
        get { floats[index] }
        set { floats[index] = newValue }
    }
}
