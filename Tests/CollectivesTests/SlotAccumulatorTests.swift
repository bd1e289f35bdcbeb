import Collectives
import Tensors
import Testing
import TrainingProtocol

@Suite("slot accumulators")
struct SlotAccumulatorTests {
    static let count = 37

    private func finish(_ slot: Slot, in accumulator: inout SlotAccumulator) {
        let buffer = accumulator.lend()
        let values = Reference.vector(slot: slot.rawValue, step: 0, count: Self.count)
        for (index, value) in values.enumerated() { buffer[index] = value }
        accumulator.finish(slot, buffer)
    }

    private func expectSums(_ accumulator: borrowing SlotAccumulator, _ covers: [Subtree]) {
        #expect(accumulator.sums.map(\.subtree) == covers)
        for (subtree, buffer) in accumulator.sums {
            let vectors = subtree.slots.map {
                Reference.vector(slot: $0, step: 0, count: Self.count)
            }
            #expect(bits(buffer.floats) == bits(Reference.sum(of: vectors)))
        }
    }

    @Test("fed in slot order it holds the cover's sums, and few buffers", arguments: 1...9)
    func inOrder(slots: Int) {
        let tree = SlotTree(slots: slots)
        var log = 0
        while 1 << log < slots { log += 1 }
        for first in 0..<slots {
            for end in first...slots {
                var accumulator = SlotAccumulator(
                    tree: tree, slots: SlotSet(first..<end), count: Self.count)
                for slot in accumulator.missing {
                    finish(slot, in: &accumulator)
                    #expect(accumulator.sums.count <= max(1, 2 * log))
                }
                #expect(accumulator.missing.isEmpty)
                expectSums(accumulator, tree.cover(first..<end))
            }
        }
    }

    @Test("the order of finishing changes no bit")
    func anyOrder() {
        var random = CounterGenerator(state: 7)
        for _ in 0..<100 {
            let slots = Int.random(in: 1...12, using: &random)
            let tree = SlotTree(slots: slots)
            var accumulator = SlotAccumulator(
                tree: tree, slots: SlotSet(0..<slots), count: Self.count)
            for slot in accumulator.missing.shuffled(using: &random) {
                finish(slot, in: &accumulator)
            }
            expectSums(accumulator, [tree.root])
        }
    }

    @Test("after a change of membership only what is missing is computed")
    func assign() {
        let tree = SlotTree(slots: 8)
        var accumulator = SlotAccumulator(tree: tree, slots: SlotSet(2..<5), count: Self.count)
        for slot in accumulator.missing { finish(slot, in: &accumulator) }
        accumulator.assign(SlotSet(2..<8))
        #expect(accumulator.missing.map(\.rawValue) == [5, 6, 7])
        accumulator.assign(SlotSet(3..<8))
        #expect(accumulator.missing.map(\.rawValue) == [3, 5, 6, 7])
        for slot in accumulator.missing { finish(slot, in: &accumulator) }
        expectSums(accumulator, tree.cover(3..<8))
        accumulator.reset()
        #expect(accumulator.missing.count == 5)
    }

    @Test("a set with gaps holds the cover of each of its ranges, and comes to the tree's sums")
    func gaps() {
        var random = CounterGenerator(state: 11)
        for _ in 0..<200 {
            let slots = Int.random(in: 1...12, using: &random)
            let tree = SlotTree(slots: slots)
            let set = SlotSet((0..<slots).filter { _ in Bool.random(using: &random) })
            var accumulator = SlotAccumulator(tree: tree, slots: set, count: Self.count)
            for slot in accumulator.missing.shuffled(using: &random) {
                finish(slot, in: &accumulator)
            }
            expectSums(accumulator, tree.cover(set))
        }
    }

    @Test("a result set aside joins the sums when its slot is dealt, and no other way")
    func spares() {
        let tree = SlotTree(slots: 4)
        var accumulator = SlotAccumulator(tree: tree, slots: SlotSet(0..<1), count: Self.count)
        finish(Slot(0), in: &accumulator)
        let spare = accumulator.lend()
        let values = Reference.vector(slot: 1, step: 0, count: Self.count)
        for (index, value) in values.enumerated() { spare[index] = value }
        accumulator.setAside(Slot(1), spare)
        #expect(accumulator.finished == SlotSet(0..<1))
        accumulator.assign(SlotSet(0..<2))
        #expect(accumulator.missing.isEmpty)
        expectSums(accumulator, [Subtree(0..<2)])
    }

    @Test(
        "a worker that holds every slot reduces into the sum it has, others into a buffer left over"
    )
    func target() {
        let tree = SlotTree(slots: 4)
        var all = SlotAccumulator(tree: tree, slots: SlotSet(0..<4), count: Self.count)
        for slot in all.missing { finish(slot, in: &all) }
        #expect(all.target() === all.sums[0].buffer)
        var half = SlotAccumulator(tree: tree, slots: SlotSet(0..<2), count: Self.count)
        finish(Slot(0), in: &half)
        let second = half.lend()
        half.finish(Slot(1), second)
        #expect(half.target() === second)
        #expect(half.reduced === second)
    }

    @Test("what was reduced stays as it is until the next step, whatever is dealt meanwhile")
    func reducedSurvives() {
        let tree = SlotTree(slots: 4)
        var accumulator = SlotAccumulator(tree: tree, slots: SlotSet(0..<4), count: Self.count)
        for slot in accumulator.missing { finish(slot, in: &accumulator) }
        let target = accumulator.target()
        let before = bits(target.floats)
        accumulator.assign(SlotSet(0..<1))
        for slot in accumulator.missing { finish(slot, in: &accumulator) }
        accumulator.assign(SlotSet(0..<3))
        for slot in accumulator.missing { finish(slot, in: &accumulator) }
        #expect(accumulator.target() === target)
        #expect(bits(target.floats) == before)
        expectSums(accumulator, tree.cover(0..<3))
        accumulator.reset()
        #expect(accumulator.reduced == nil)
        let buffers = (0..<4).map { _ in accumulator.lend() }
        #expect(Set(buffers.map(ObjectIdentifier.init)).count == 4)
        #expect(buffers.contains { $0 === target })
    }

    @Test("the digest of a vector depends on every float and on the length")
    func digest() {
        let vector = Reference.vector(slot: 0, step: 0, count: 40_000)
        let whole = vector.withUnsafeBufferPointer { VectorDigest.of($0) }
        #expect(vector.withUnsafeBufferPointer { VectorDigest.of($0) } == whole)
        for index in [0, 16_383, 16_384, 39_999] {
            var other = vector
            other[index] = -other[index]
            #expect(other.withUnsafeBufferPointer { VectorDigest.of($0) } != whole)
        }
        #expect(vector.dropLast().withUnsafeBufferPointer { VectorDigest.of($0) } != whole)
    }
}
