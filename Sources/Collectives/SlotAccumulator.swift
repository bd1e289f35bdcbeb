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
/// try exchange.reduce(step: step, sums: accumulator.sums, into: gradient)
/// ```
/// Fed in slot order it holds at most 2 log2(slots) sums. Buffers are used again from step to step.
/// It belongs to one thread.
public struct SlotAccumulator: ~Copyable {
    public let tree: SlotTree
    /// Floats of a slot's result.
    public let count: Int
    /// The slots of this worker.
    public private(set) var range: Range<Int>
    /// In slot order; no two of them are halves of one node.
    private var held: [(subtree: Subtree, buffer: FloatBuffer)] = []
    private var free: [FloatBuffer] = []

    public init(tree: SlotTree, range: Range<Int>, count: Int) {
        self.tree = tree
        self.range = range
        self.count = count
    }

    /// A buffer to write a slot's whole result to. What it holds before is undefined.
    public mutating func lend() -> FloatBuffer {
        free.popLast() ?? FloatBuffer(count: count)
    }

    /// Takes the result of `slot`, and the buffer that it is in, and adds what can be added.
    public mutating func finish(_ slot: Slot, _ buffer: FloatBuffer) {
        precondition(buffer.count == count, "a slot's result has \(count) floats")
        precondition(missing.contains(slot), "slot \(slot) is not awaited")
        let index = held.firstIndex { $0.subtree.slots.lowerBound > slot.rawValue } ?? held.count
        held.insert((Subtree(slot.rawValue..<slot.rawValue + 1), buffer), at: index)
        addHalves(around: index)
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

    private mutating func addPair(at index: Int, _ addition: SlotTree.Addition) {
        let right = held.remove(at: index + 1).buffer
        VectorSums.add(into: held[index].buffer.base, from: right.base, count: count)
        held[index].subtree = addition.sum
        free.append(right)
    }

    /// Slots of the range whose result has not come yet, in order.
    public var missing: [Slot] {
        var missing: [Slot] = []
        var next = range.lowerBound
        for part in held {
            missing += (next..<part.subtree.slots.lowerBound).map { Slot($0) }
            next = part.subtree.slots.upperBound
        }
        return missing + (next..<range.upperBound).map { Slot($0) }
    }

    /// The sums held, in slot order. Once nothing is missing they are `tree.cover(range)`.
    public var sums: [(subtree: Subtree, buffer: FloatBuffer)] { held }

    /// Takes over other slots within the same step, after a change of membership. Sums that lie within
    /// the new range stay, so that only what is missing is computed.
    public mutating func assign(_ range: Range<Int>) {
        self.range = range
        var kept: [(subtree: Subtree, buffer: FloatBuffer)] = []
        for part in held {
            if range.contains(part.subtree.slots) {
                kept.append(part)
            } else {
                free.append(part.buffer)
            }
        }
        held = kept
    }

    /// Forgets all sums, for the next step.
    public mutating func reset() {
        free += held.map(\.buffer)
        held = []
    }
}
