import CKernels
import Tensors

/// Attention between the frames of a clip, a head of a clip a tile: y = softmax(q k' / sqrt(width)) v.
///
/// Queries, keys and values lie side by side in the input, (clips, frames, 3 heads width).
struct PlannedAttention: PlannedOperation {
    let name: String
    let clips: Int
    let frames: Int
    let heads: Int
    /// Channels of a head.
    let width: Int
    let x: BufferID
    let y: BufferID
    /// What each frame takes of each, (clips, heads, frames, frames).
    let weights: BufferID
    let dy: BufferID?
    let dx: GradientTarget?

    private var channels: Int { heads * width }
    private var scale: Float { 1 / Float(width).squareRoot() }

    var forwardBuffers: [BufferID] { [x, y, weights] }
    var backwardBuffers: [BufferID] {
        dy.map { [x, weights, $0] + [dx?.buffer].compactMap(\.self) } ?? []
    }
    var scratchBytes: Int { frames * frames * MemoryLayout<Float>.stride }

    var cost: OperationCost {
        let product = clips * heads * frames * frames * width
        let (values, weights) = (clips * frames * channels, clips * heads * frames * frames)
        let back = dx.map {
            OperationCost.Work(
                multiplyAdds: 4 * product,
                floats: (4 + 3 * $0.sweeps) * values + weights)
        }
        return OperationCost(
            name: name, kind: .attention, title: "\(heads) heads of \(width)",
            forward: OperationCost.Work(multiplyAdds: 2 * product, floats: 4 * values + weights),
            backward: back ?? .none)
    }

    func forward(_ pass: Pass) {
        let (input, output, weights) = (pass[x], pass[y], pass[weights])
        pass.tiles(clips * heads, of: 1) { range, _ in
            let place = place(of: range.lowerBound)
            let (query, weight) = (input + place.input, weights + place.weights)
            BLAS.gemm(
                transposeB: true, m: frames, n: frames, k: width, alpha: scale, a: query,
                lda: 3 * channels, b: query + channels, ldb: 3 * channels, c: weight, ldc: frames)
            lk_softmax(frames, frames, weight, weight)
            BLAS.gemm(
                m: frames, n: width, k: frames, a: weight, lda: frames, b: query + 2 * channels,
                ldb: 3 * channels, c: output + place.output, ldc: channels)
        }
    }

    func backward(_ pass: Pass) {
        guard let dy, let dx else { return }
        let (input, weights) = (pass[x], pass[weights])
        let (gradient, target) = (pass[dy], pass[dx.buffer])
        let beta: Float = dx.accumulates ? 1 : 0
        pass.tiles(clips * heads, of: 1) { range, thread in
            let place = place(of: range.lowerBound)
            let (query, weight) = (input + place.input, weights + place.weights)
            let (own, queryGradient) = (gradient + place.output, target + place.input)
            let scores = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
            BLAS.gemm(
                transposeA: true, m: frames, n: width, k: frames, a: weight, lda: frames, b: own,
                ldb: channels, beta: beta, c: queryGradient + 2 * channels, ldc: 3 * channels)
            BLAS.gemm(
                transposeB: true, m: frames, n: frames, k: width, a: own, lda: channels,
                b: query + 2 * channels, ldb: 3 * channels, c: scores, ldc: frames)
            lk_softmax_backward(frames, frames, weight, scores, scores)
            BLAS.gemm(
                m: frames, n: width, k: frames, alpha: scale, a: scores, lda: frames,
                b: query + channels, ldb: 3 * channels, beta: beta, c: queryGradient,
                ldc: 3 * channels)
            BLAS.gemm(
                transposeA: true, m: frames, n: width, k: frames, alpha: scale, a: scores,
                lda: frames, b: query, ldb: 3 * channels, beta: beta, c: queryGradient + channels,
                ldc: 3 * channels)
        }
    }

    /// First floats of a tile's queries, outputs and weights.
    private func place(of tile: Int) -> (input: Int, output: Int, weights: Int) {
        let (clip, head) = (tile / heads, tile % heads)
        return (
            clip * frames * 3 * channels + head * width, clip * frames * channels + head * width,
            tile * frames * frames
        )
    }
}
