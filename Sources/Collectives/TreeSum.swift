import Tensors

/// The finishing of a slot tree as a list of vector additions, made once and run for every block.
struct TreeSum {
    private enum Operand {
        case source(Int)
        case scratch(Int)
        case target
    }

    private struct Step {
        let left: Operand
        let right: Operand
        let sum: Operand
    }

    private var steps: [Step] = []
    /// Buffers of a block each that a run needs beside the target.
    private(set) var scratchBlocks = 0

    /// - Parameters:
    ///   - node: the subtree to add up; the whole tree without one.
    ///   - parts: the subtrees that the sources hold, in the order of the sources. They must make up the node.
    init(tree: SlotTree, over node: Subtree? = nil, parts: [Subtree]) {
        let node = node ?? tree.root
        precondition(
            tree.additions(to: node, finishing: parts) != nil,
            "the parts \(parts) are not all of \(node)")
        _ = add(node, of: tree, from: parts, to: .target, depth: 0)
    }

    private mutating func add(
        _ node: Subtree, of tree: SlotTree, from parts: [Subtree], to sum: Operand, depth: Int
    ) -> Operand {
        if let index = parts.firstIndex(of: node) { return .source(index) }
        guard let halves = tree.halves(of: node) else {
            preconditionFailure("slot \(node) is in no part")
        }
        let left = add(halves.left, of: tree, from: parts, to: sum, depth: depth)
        let right = add(
            halves.right, of: tree, from: parts, to: .scratch(depth), depth: depth + 1)
        if case .scratch(let index) = right { scratchBlocks = max(scratchBlocks, index + 1) }
        steps.append(Step(left: left, right: right, sum: sum))
        return sum
    }

    /// target = the tree's sum of the sources, `count` floats each.
    ///
    /// - Parameters:
    ///   - sources: the parts, one pointer each.
    ///   - scratch: `scratchBlocks` runs of `count` floats or more, `stride` apart.
    func run(
        _ sources: [UnsafePointer<Float>], into target: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>, stride: Int, count: Int
    ) {
        guard !steps.isEmpty else {
            target.update(from: sources[0], count: count)
            return
        }
        func place(_ operand: Operand) -> UnsafePointer<Float> {
            switch operand {
            case .source(let index): sources[index]
            case .scratch(let index): UnsafePointer(scratch + index * stride)
            case .target: UnsafePointer(target)
            }
        }
        for step in steps {
            VectorSums.add(
                place(step.left), place(step.right),
                into: UnsafeMutablePointer(mutating: place(step.sum)), count: count)
        }
    }
}
