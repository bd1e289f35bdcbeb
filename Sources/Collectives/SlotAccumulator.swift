import Tensors
import TrainingProtocol

/// Adds a worker's slot results in the order of the tree, and holds the subtree sums.
///
/// The executor borrows a buffer, writes a slot's result to it and gives it back:
/// ```swift
/// for slot in accumulator.missing {
///     let buffer = accumulator.lend()
///     executor.gradient(of: slot, into: buffer)
///     accumulator.finish(slot, buffer)
/// }
/// try exchange.reduce(step: step, sums: accumulator.sums, into: accumulator.target())
/// ```
/// Fed in slot order it holds at most 2 log2(slots) sums a range of its slots. Buffers are used again from
/// step to step. It belongs to one thread.
public struct SlotAccumulator: ~Copyable {
    /// Spare results kept at once; each is as long as a gradient.
    public static let maximumSpares = 4

    private typealias Spare = (slot: Slot, buffer: FloatBuffer)

    public let tree: SlotTree
    /// Floats of a slot's result.
    public let count: Int
    /// The slots of this worker.
    public private(set) var slots: SlotSet
    /// In slot order; no two of them are halves of one node, but for the one at `kept`.
    private var held: [(subtree: Subtree, buffer: FloatBuffer)] = []
    private var kept: Int?
    /// Results of slots that are not this worker's, the oldest first.
    private var spares: [Spare] = []
    private var free: [FloatBuffer] = []
    /// Where the sum over all members lies, until the next step.
    public private(set) var reduced: FloatBuffer?

    public init(tree: SlotTree, slots: SlotSet, count: Int) {
        self.tree = tree
        self.slots = slots
        self.count = count
    }

    /// A buffer to write a slot's whole result to. What it holds before is undefined.
    public mutating func lend() -> FloatBuffer {
        // The whole tree's sum may be let go of while it is still the one to be applied.
        guard let index = free.lastIndex(where: { $0 !== reduced }) else {
            return FloatBuffer(count: count)
        }
        return free.remove(at: index)
    }

    /// The buffer for the sum over all members, which stays what `reduced` is until the next step: a
    /// reduction that is made again within the step writes the same bits.
    ///
    /// For whoever holds the whole tree's sum it is that one, which a reduction leaves as it is; for
    /// others one that results were written to, if any is left.
    public mutating func target() -> FloatBuffer {
        if let known = reduced {
            free.removeAll { $0 === known }
            return known
        }
        let buffer = held.first { $0.subtree == tree.root }?.buffer ?? lend()
        reduced = buffer
        return buffer
    }

    private mutating func letGoOfReduced() {
        guard let buffer = reduced else { return }
        reduced = nil
        if !free.contains(where: { $0 === buffer }), !held.contains(where: { $0.buffer === buffer })
        {
            free.append(buffer)
        }
    }

    /// Takes the result of `slot`, and the buffer that it is in, and adds what can be added.
    public mutating func finish(_ slot: Slot, _ buffer: FloatBuffer) {
        addHalves(around: insert(slot, buffer))
    }

    /// Takes the result of the last slot and adds nothing: an exchange reads all buffers and does it meanwhile. What
    /// is then needed of the sums themselves, in another generation of the step, is added by `assign`.
    public mutating func keep(_ slot: Slot, _ buffer: FloatBuffer) {
        kept = insert(slot, buffer)
    }

    private mutating func insert(_ slot: Slot, _ buffer: FloatBuffer) -> Int {
        precondition(buffer.count == count, "a slot's result has \(count) floats")
        precondition(
            slots.contains(slot.rawValue) && !isHeld(slot), "slot \(slot) is not awaited")
        let index = held.firstIndex { $0.subtree.slots.lowerBound > slot.rawValue } ?? held.count
        held.insert((Subtree(slot.rawValue..<slot.rawValue + 1), buffer), at: index)
        return index
    }

    /// Adds the part at `index` to its other half, and the sum to its, as long as both are there.
    private mutating func addHalves(around index: Int) {
        var index = index
        while true {
            if index > 0, let sum = tree.addition(held[index - 1].subtree, held[index].subtree) {
                index -= 1
                addPair(at: index, sum)
            } else if index + 1 < held.count,
                let sum = tree.addition(held[index].subtree, held[index + 1].subtree)
            {
                addPair(at: index, sum)
            } else {
                return
            }
        }
    }

    /// Adds what a result that was only kept makes addable.
    private mutating func addAllHalves() {
        var index = 0
        while index < held.count {
            let before = held.count
            addHalves(around: index)
            index = held.count == before ? index + 1 : 0
        }
    }

    private mutating func addPair(at index: Int, _ addition: SlotTree.Addition) {
        let right = held.remove(at: index + 1).buffer
        VectorSums.add(into: held[index].buffer.base, from: right.base, count: count)
        held[index].subtree = addition.sum
        free.append(right)
    }

    private func isHeld(_ slot: Slot) -> Bool {
        held.contains { $0.subtree.slots.contains(slot.rawValue) }
    }

    /// Whether every slot is this worker's.
    public var holdsAll: Bool { slots.contains(tree.root.slots) }

    /// Slots of this worker whose result is in the sums.
    public var finished: SlotSet { SlotSet(ranges: held.map(\.subtree.slots)) }

    /// Slots of this worker whose result has not come yet, in order.
    public var missing: [Slot] {
        slots.subtracting(finished).slots.map { Slot($0) }
    }

    /// The sums held, in slot order. Once nothing is missing they are `tree.cover(slots)`.
    public var sums: [(subtree: Subtree, buffer: FloatBuffer)] { held }

    /// Forgets all sums, what they were reduced to, and spare results, for the next step.
    public mutating func reset() {
        letGoOfReduced()
        free += held.map(\.buffer) + spares.map(\.buffer)
        held = []
        kept = nil
        spares = []
    }
}

// MARK: - Changes of membership within a step

extension SlotAccumulator {
    /// Takes over other slots within the same step. Sums that lie within them stay, and results set aside join
    /// them, so that only what is missing is computed.
    public mutating func assign(_ slots: SlotSet) {
        self.slots = slots
        var stay: [(subtree: Subtree, buffer: FloatBuffer)] = []
        for part in held {
            if slots.contains(part.subtree.slots) {
                stay.append(part)
            } else {
                free.append(part.buffer)
            }
        }
        held = stay
        if kept != nil {
            kept = nil
            addAllHalves()
        }
        let waiting = spares
        spares = []
        for spare in waiting { setAside(spare.slot, spare.buffer) }
    }

    /// Keeps the result of a slot that is not this worker's, in case it becomes so within the step. One that is
    /// awaited is finished; one that is there already is let go. Of more than `maximumSpares` the oldest go.
    public mutating func setAside(_ slot: Slot, _ buffer: FloatBuffer) {
        precondition(buffer.count == count, "a slot's result has \(count) floats")
        if isHeld(slot) || spares.contains(where: { $0.slot == slot }) {
            free.append(buffer)
        } else if slots.contains(slot.rawValue) {
            finish(slot, buffer)
        } else {
            spares.append((slot, buffer))
            if spares.count > Self.maximumSpares { free.append(spares.removeFirst().buffer) }
        }
    }
}
