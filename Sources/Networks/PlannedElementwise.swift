import CKernels
import Tensors

/// ReLU, or the sum of two values, where neither could be joined with a batch norm.
struct PlannedElementwise: PlannedOperation {
    enum Kind: Sendable {
        case relu
        case add(BufferID)
    }

    let name: String
    let kind: Kind
    let count: Int
    let x: BufferID
    let y: BufferID
    let dy: BufferID?
    /// One target an input that has a gradient.
    let targets: [GradientTarget]

    /// Values of a tile: 128 kB.
    private var grain: Int { 32_768 }

    var forwardBuffers: [BufferID] {
        if case .add(let other) = kind { [x, y, other] } else { [x, y] }
    }

    var backwardBuffers: [BufferID] {
        dy.map { [y, $0] + targets.map(\.buffer) } ?? []
    }

    var cost: OperationCost {
        let (title, read) = if case .add = kind { ("add", 2) } else { ("ReLU", 1) }
        let written = targets.reduce(0) { $0 + $1.sweeps }
        return OperationCost(
            name: name, kind: .elementwise, title: title,
            forward: OperationCost.Work(floats: (read + 1) * count),
            backward: dy == nil
                ? .none : OperationCost.Work(floats: ((read == 1 ? 2 : 1) + written) * count))
    }

    func forward(_ pass: Pass) {
        let (input, output) = (pass[x], pass[y])
        pass.tiles(count, of: grain) { range, _ in
            let first = range.lowerBound
            switch kind {
            case .relu: lk_relu(range.count, input + first, output + first)
            case .add(let other):
                lk_add(range.count, input + first, pass[other] + first, output + first)
            }
        }
    }

    var scratchBytes: Int { grain * MemoryLayout<Float>.stride }

    func backward(_ pass: Pass) {
        guard let dy else { return }
        let (gradient, output) = (pass[dy], pass[y])
        pass.tiles(count, of: grain) { range, thread in
            let first = range.lowerBound
            var source = gradient + first
            if case .relu = kind {
                let masked = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
                lk_relu_backward(range.count, output + first, source, masked)
                source = masked
            }
            for target in targets {
                let place = pass[target.buffer] + first
                if target.accumulates {
                    lk_add_to(range.count, source, place)
                } else {
                    place.update(from: source, count: range.count)
                }
            }
        }
    }
}
