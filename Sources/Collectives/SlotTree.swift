import TrainingProtocol

/// A node of a `SlotTree`: the contiguous slots whose contributions it adds up.
public struct Subtree: Hashable, Sendable, CustomStringConvertible {
    public let slots: Range<Int>

    public init(_ slots: Range<Int>) {
        self.slots = slots
    }

    public var description: String {
        slots.count == 1 ? "[\(slots.lowerBound)]" : "[\(slots.lowerBound),\(slots.upperBound - 1)]"
    }
}

/// The fixed binary tree in which the contributions of a step's slots are added.
///
/// It is the tree of the next power of two: a node over `2^k` slots begins at a multiple of `2^k` and
/// is the sum of its two halves. Slots that do not exist are skipped, and a node with one half is that
/// half. Float addition is not associative, so this tree, and nothing about workers, says what the
/// sum is: whoever adds whatever part of it first, the bits are the same.
public struct SlotTree: Hashable, Sendable {
    /// One addition: the sum of two neighbouring subtrees is the subtree over both.
    public struct Addition: Hashable, Sendable {
        public let left: Subtree
        public let right: Subtree

        public var sum: Subtree { Subtree(left.slots.lowerBound..<right.slots.upperBound) }
    }

    /// The number of slots.
    public let slots: Int

    public init(slots: Int) {
        precondition(slots > 0, "a tree has at least one slot")
        self.slots = slots
    }

    /// The subtree over all slots.
    public var root: Subtree { Subtree(0..<slots) }

    /// Whether the tree has a node over exactly these slots.
    public func contains(_ subtree: Subtree) -> Bool {
        let range = subtree.slots
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= slots else { return false }
        let span = Self.span(range.count)
        return range.lowerBound.isMultiple(of: span)
            && (range.count == span || range.upperBound == slots)
    }

    /// The two halves of a node, or nil for a single slot.
    public func halves(of subtree: Subtree) -> (left: Subtree, right: Subtree)? {
        let range = subtree.slots
        guard range.count > 1 else { return nil }
        let middle = range.lowerBound + Self.span(range.count) / 2
        return (Subtree(range.lowerBound..<middle), Subtree(middle..<range.upperBound))
    }

    /// The addition of two nodes if they are the halves of one.
    public func addition(_ left: Subtree, _ right: Subtree) -> Addition? {
        guard left.slots.upperBound == right.slots.lowerBound else { return nil }
        let addition = Addition(left: left, right: right)
        guard contains(addition.sum), let halves = halves(of: addition.sum), halves.left == left
        else { return nil }
        return addition
    }

    /// The fewest subtrees that make up `range`, in slot order: slots 2 to 6 of 8 are
    /// `[2,3] [4,5] [6]`. There are at most 2 log2(slots).
    public func cover(_ range: Range<Int>) -> [Subtree] {
        precondition(range.lowerBound >= 0 && range.upperBound <= slots, "slots outside the tree")
        var found: [Subtree] = []
        func visit(_ node: Subtree) {
            let common = node.slots.clamped(to: range)
            if common.isEmpty { return }
            if common == node.slots {
                found.append(node)
            } else if let halves = halves(of: node) {
                visit(halves.left)
                visit(halves.right)
            }
        }
        visit(root)
        return found
    }

    /// The fewest subtrees that make up `slots`, in slot order: those of each of its ranges.
    public func cover(_ slots: SlotSet) -> [Subtree] {
        slots.ranges.flatMap { cover($0) }
    }

    /// The additions that finish the tree from `parts`, each after those whose sums it uses.
    ///
    /// - Returns: nil unless every slot is in exactly one part and every part is a node of the tree.
    public func additions(finishing parts: [Subtree]) -> [Addition]? {
        additions(to: root, finishing: parts)
    }

    /// Likewise the additions that finish a node of the tree.
    func additions(to node: Subtree, finishing parts: [Subtree]) -> [Addition]? {
        let sorted = parts.sorted { $0.slots.lowerBound < $1.slots.lowerBound }
        var additions: [Addition] = []
        var next = 0
        func finish(_ node: Subtree) -> Bool {
            guard next < sorted.count else { return false }
            if sorted[next] == node {
                next += 1
                return true
            }
            guard let halves = halves(of: node), finish(halves.left), finish(halves.right)
            else { return false }
            additions.append(Addition(left: halves.left, right: halves.right))
            return true
        }
        return finish(node) && next == sorted.count ? additions : nil
    }

    /// The least power of two that is at least `count`.
    private static func span(_ count: Int) -> Int {
        1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
    }
}
