import CKernels
import Tensors

/// Normalisation of each row's channels, on fixed tiles of rows.
struct PlannedLayerNorm: PlannedOperation {
    struct Backward: Sendable {
        let dy: BufferID
        let dx: GradientTarget?
        /// Places of the tensors' gradients; nil of those that are frozen.
        let scale: Int?
        let shift: Int?
        /// Gradients of scale and shift, side by side, per tile.
        let partials: BufferID
    }

    let name: String
    let rows: Int
    let channels: Int
    /// Places of the tensors in the flat vector.
    let scale: Int
    let shift: Int
    let x: BufferID
    let y: BufferID
    /// Means of all rows, then the inverses of their deviations.
    let moments: BufferID
    let backward: Backward?

    private static let tileRows = 16

    static func tiles(rows: Int) -> Int { rows.parts(of: tileRows) }

    var forwardBuffers: [BufferID] { [x, y, moments] }

    var backwardBuffers: [BufferID] {
        guard let backward else { return [] }
        return [x, moments, backward.dy, backward.partials]
            + [backward.dx?.buffer].compactMap(\.self)
    }

    var scratchBytes: Int { Self.tileRows * channels * MemoryLayout<Float>.stride }

    var cost: OperationCost {
        let floats = rows * channels
        let back = backward.map {
            OperationCost.Work(floats: (2 + ($0.dx?.sweeps ?? 0)) * floats)
        }
        return OperationCost(
            name: name, kind: .normalization, title: "layer norm",
            forward: OperationCost.Work(floats: 2 * floats), backward: back ?? .none)
    }

    func forward(_ pass: Pass) {
        let (input, output, means) = (pass[x], pass[y], pass[moments])
        pass.tiles(rows, of: Self.tileRows) { range, _ in
            let first = range.lowerBound
            lk_layer_norm(
                range.count, channels, input + first * channels, pass.parameters + scale,
                pass.parameters + shift, LayerNorm.epsilon, output + first * channels,
                means + first, means + rows + first)
        }
    }

    func backward(_ pass: Pass) {
        guard let backward else { return }
        let (input, means, dy) = (pass[x], pass[moments], pass[backward.dy])
        let partials = pass[backward.partials]
        pass.tiles(rows, of: Self.tileRows) { range, thread in
            let first = range.lowerBound
            let sums = partials + first / Self.tileRows * 2 * channels
            lk_fill(2 * channels, 0, sums)
            let staging = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
            lk_layer_norm_backward(
                range.count, channels, input + first * channels, means + first,
                means + rows + first, pass.parameters + scale, dy + first * channels, staging,
                sums, sums + channels)
            guard let dx = backward.dx else { return }
            let target = pass[dx.buffer] + first * channels
            if dx.accumulates {
                lk_add_to(range.count * channels, staging, target)
            } else {
                target.update(from: staging, count: range.count * channels)
            }
        }
        if let place = backward.scale { add(partials, into: pass.gradient + place) }
        if let place = backward.shift { add(partials + channels, into: pass.gradient + place) }
    }

    /// The sum over tiles of one of their two parts.
    private func add(
        _ partials: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>
    ) {
        lk_fill(channels, 0, gradient)
        lk_add_row_sums(Self.tiles(rows: rows), channels, partials, 2 * channels, gradient)
    }
}
