import CKernels
import Tensors

/// Adds one table, (frames, channels), to every clip.
struct PlannedPositions: PlannedOperation {
    let name: String
    let clips: Int
    let table: FloatBuffer
    let x: BufferID
    let y: BufferID
    let dy: BufferID?
    let dx: GradientTarget?

    var forwardBuffers: [BufferID] { [x, y] }
    var backwardBuffers: [BufferID] { [dy, dx?.buffer].compactMap(\.self) }

    var cost: OperationCost {
        let floats = clips * table.count
        let back = dx.map { OperationCost.Work(floats: (1 + $0.sweeps) * floats) }
        return OperationCost(
            name: name, kind: .elementwise, title: "positions",
            forward: OperationCost.Work(floats: 2 * floats), backward: back ?? .none)
    }

    func forward(_ pass: Pass) {
        let (input, output, count) = (pass[x], pass[y], table.count)
        pass.tiles(clips, of: 1) { range, _ in
            let first = range.lowerBound * count
            lk_add(count, input + first, table.base, output + first)
        }
    }

    func backward(_ pass: Pass) {
        guard let dy, let dx else { return }
        let (gradient, target, count) = (pass[dy], pass[dx.buffer], table.count)
        pass.tiles(clips, of: 1) { range, _ in
            let first = range.lowerBound * count
            if dx.accumulates {
                lk_add_to(count, gradient + first, target + first)
            } else {
                (target + first).update(from: gradient + first, count: count)
            }
        }
    }
}
