import CKernels
import Tensors

/// A piece of a plan's memory: a value, a gradient, or something that an operation keeps.
struct BufferID: Sendable, Hashable {
    let index: Int
}

/// Where the gradient of an input goes. A value that several operations read receives the first
/// gradient and adds the others, in the fixed order of the way back.
struct GradientTarget: Sendable {
    let buffer: BufferID
    let accumulates: Bool

    /// What batch norm's way back does with the gradient of a residual.
    static func residualMode(_ target: GradientTarget?) -> Int32 {
        guard let target else { return Int32(LK_RESIDUAL_NONE) }
        return Int32(target.accumulates ? LK_RESIDUAL_ADD : LK_RESIDUAL_STORE)
    }
}

/// What the operations of a plan work on during one pass: pointers, valid until the pass ends.
struct Pass {
    let arena: UnsafeMutablePointer<Float>
    /// First float of each buffer in the arena, by buffer number.
    let offsets: UnsafePointer<Int>
    /// Scratch memory of thread 0; the other threads' follow.
    let scratch: UnsafeMutableRawPointer
    let scratchStride: Int
    /// As many zeros as any pixel has channels, for what lies outside of a map.
    let zeros: UnsafePointer<Float>
    let labels: UnsafePointer<Int64>
    /// Of the clips that are mixed in, and the parts of those they are mixed into.
    let mixedLabels: UnsafePointer<Int64>
    let mixture: UnsafePointer<Float>
    /// Keys of the clips' random draws, read in training.
    let keys: UnsafePointer<UInt64>
    let parameters: UnsafePointer<Float>
    /// Running statistics, read in evaluation.
    let running: UnsafePointer<Float>
    /// Gradient of the trainable tensors, written in training.
    let gradient: UnsafeMutablePointer<Float>
    /// The batch's statistics times its clips, written in training.
    let statistics: UnsafeMutablePointer<Float>
    let pool: ThreadPool
    /// Where an operation notes when it has the gradient of its input; nil while nobody looks.
    var middle: UnsafeMutablePointer<PassTimeline.Instant>?

    subscript(buffer: BufferID) -> UnsafeMutablePointer<Float> {
        arena + offsets[buffer.index]
    }

    /// A buffer that holds doubles.
    func doubles(_ buffer: BufferID) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(self[buffer]).assumingMemoryBound(to: Double.self)
    }

    func bytes(_ buffer: BufferID) -> UnsafeMutablePointer<UInt8> {
        UnsafeMutableRawPointer(self[buffer]).assumingMemoryBound(to: UInt8.self)
    }

    func scratch(of thread: Int) -> UnsafeMutableRawPointer {
        scratch + thread * scratchStride
    }

    /// Calls `body` with ranges that cover 0..<count, `grain` items each, on all threads.
    func tiles(
        _ count: Int, of grain: Int, _ body: (_ range: Range<Int>, _ thread: Int) -> Void
    ) {
        pool.run(tiles: count.parts(of: grain)) { tile, thread in
            let first = tile * grain
            body(first..<min(first + grain, count), thread)
        }
    }
}
