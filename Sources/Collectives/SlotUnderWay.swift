import Synchronization
public import Tensors
public import TrainingProtocol

/// A slot's result that is still being computed, whose finished parts are reduced already.
///
/// A backward pass finishes gradients layer by layer, the last layer's first. Who computes says how far it is
/// (`advance`), and an exchange that began with this slot takes what is final; the rest it leaves alone.
public final class SlotUnderWay: Sendable {
    /// Floats of the vector that are final from a stage on.
    public struct Part: Sendable, Equatable {
        public let floats: Range<Int>
        public let stage: Int

        public init(floats: Range<Int>, stage: Int) {
            self.floats = floats
            self.stage = stage
        }
    }

    public let slot: Slot
    /// Belongs to who computes, but for the parts that are final.
    let buffer: FloatBuffer
    /// In the order of the vector, without overlaps. What lies in no part is final from the beginning.
    public let parts: [Part]
    private let stage = Atomic<Int>(Int.min)
    private let listener = Mutex<(@Sendable () -> Void)?>(nil)

    public init(slot: Slot, buffer: FloatBuffer, parts: [Part]) {
        self.slot = slot
        self.buffer = buffer
        self.parts = parts
    }

    /// Says that everything up to this stage is final. From the one thread that computes; stages only grow.
    public func advance(to stage: Int) {
        // Releasing: whoever sees the stage sees the floats written before it.
        self.stage.store(stage, ordering: .releasing)
        let listener = listener.withLock { $0 }
        listener?()
    }

    /// Says that the whole result is final.
    public func finish() { advance(to: .max) }

    var reached: Int { stage.load(ordering: .acquiring) }

    /// Has `body` run after each advance, on the thread that advances.
    func onAdvance(_ body: (@Sendable () -> Void)?) {
        listener.withLock { $0 = body }
    }

    /// The stage from which each chunk of a layout is final.
    func stages(of layout: ChunkLayout) -> [Int] {
        var stages = Array(repeating: Int.min, count: layout.chunks)
        for part in parts where !part.floats.isEmpty {
            let first = part.floats.lowerBound / layout.chunkFloats
            let last = (part.floats.upperBound - 1) / layout.chunkFloats
            for chunk in first...last { stages[chunk] = max(stages[chunk], part.stage) }
        }
        return stages
    }
}
