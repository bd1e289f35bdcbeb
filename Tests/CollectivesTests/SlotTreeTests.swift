import Collectives
import Testing

@Suite("the slot tree")
struct SlotTreeTests {
    @Test("slots 2 to 6 of 8 are three subtrees")
    func exampleCover() {
        let cover = SlotTree(slots: 8).cover(2..<7)
        #expect(cover.map(\.description) == ["[2,3]", "[4,5]", "[6]"])
        #expect(SlotTree(slots: 8).cover(3..<3).isEmpty)
    }

    @Test("parts that are not the whole tree, or no nodes of it, have no additions that finish it")
    func notTheTree() {
        let tree = SlotTree(slots: 6)
        #expect(tree.additions(finishing: [Subtree(0..<4), Subtree(4..<6)]) != nil)
        #expect(tree.additions(finishing: [Subtree(0..<4)]) == nil)
        #expect(tree.additions(finishing: [Subtree(0..<3), Subtree(3..<6)]) == nil)
        #expect(tree.additions(finishing: [Subtree(0..<4), Subtree(2..<6)]) == nil)
        #expect(tree.additions(finishing: [Subtree(0..<6), Subtree(0..<4)]) == nil)
        #expect(tree.additions(finishing: []) == nil)
    }

    @Test("a cover has at most 2 log2(slots) subtrees, each of them a node, in slot order")
    func coverBounds() {
        for slots in 1...33 {
            let tree = SlotTree(slots: slots)
            var log = 0
            while 1 << log < slots { log += 1 }
            for first in 0..<slots {
                for end in first + 1...slots {
                    let cover = tree.cover(first..<end)
                    let whole =
                        cover.allSatisfy { tree.contains($0) }
                        && cover.flatMap { Array($0.slots) } == Array(first..<end)
                    #expect(whole && cover.count <= max(1, 2 * log))
                }
            }
        }
    }

    @Test("every contiguous partition into up to five workers puts the same parentheses")
    func parentheses() throws {
        for slots in 1...9 {
            let tree = SlotTree(slots: slots)
            let expected = Reference.sum(of: (0..<slots).map { "\($0)" }) { "(\($0)+\($1))" }
            for parts in partitions(of: slots, into: 5) {
                var held: [Subtree: String] = [:]
                for part in parts {
                    for subtree in tree.cover(part) {
                        let inner = SlotTree(slots: subtree.slots.count)
                        #expect(inner.contains(Subtree(0..<subtree.slots.count)))
                        held[subtree] = Reference.sum(of: subtree.slots.map { "\($0)" }) {
                            "(\($0)+\($1))"
                        }
                    }
                }
                let covers = parts.flatMap { tree.cover($0) }
                for addition in try #require(tree.additions(finishing: covers)) {
                    let left = try #require(held[addition.left])
                    let right = try #require(held[addition.right])
                    held[addition.sum] = "(\(left)+\(right))"
                }
                #expect(held[tree.root] == expected)
            }
        }
    }

    @Test("every contiguous partition into up to five workers gives the same bits, up to 33 slots")
    func bitsOfAllPartitions() throws {
        for slots in 1...33 {
            let tree = SlotTree(slots: slots)
            let values = (0..<slots).map { Reference.vector(slot: $0, step: 0, count: 1)[0] }
            let expected = try #require(Reference.sum(of: values, +))
            // Sums of all nodes, by their bounds.
            var sums = [Float](repeating: .nan, count: 64 * 64)
            var covers = [[Subtree]](repeating: [], count: 64 * 64)
            for first in 0..<slots {
                for end in first + 1...slots {
                    covers[first * 64 + end] = tree.cover(first..<end)
                    guard tree.contains(Subtree(first..<end)) else { continue }
                    sums[first * 64 + end] = try #require(
                        Reference.sum(of: Array(values[first..<end]), +))
                }
            }
            var wrong = 0
            for parts in partitions(of: slots, into: 5) {
                let held = parts.flatMap { covers[$0.lowerBound * 64 + $0.upperBound] }
                guard let additions = tree.additions(finishing: held) else {
                    wrong += 1
                    continue
                }
                var total = sums[held[0].slots.lowerBound * 64 + held[0].slots.upperBound]
                var work = sums
                for addition in additions {
                    let (left, right) = (addition.left.slots, addition.right.slots)
                    total =
                        work[left.lowerBound * 64 + left.upperBound]
                        + work[right.lowerBound * 64 + right.upperBound]
                    work[left.lowerBound * 64 + right.upperBound] = total
                }
                if total.bitPattern != expected.bitPattern { wrong += 1 }
            }
            #expect(wrong == 0, "\(slots) slots")
        }
    }

    /// All ways to cut `0 ..< slots` into at most `workers` pieces.
    private func partitions(of slots: Int, into workers: Int) -> [[Range<Int>]] {
        var found: [[Range<Int>]] = []
        func cut(_ first: Int, _ pieces: [Range<Int>]) {
            found.append(pieces + [first..<slots])
            guard pieces.count + 1 < workers, first + 1 < slots else { return }
            for end in first + 1..<slots { cut(end, pieces + [first..<end]) }
        }
        cut(0, [])
        return found
    }
}
