import CKernels
import Tensors

/// Cross-entropy of every head, its gradient, and each model's clip logits.
struct PlannedLoss: PlannedOperation {
    struct Head: Sendable {
        /// Per-frame logits (clips, frames, classes).
        let logits: BufferID
        let weight: Double
        let gradient: BufferID?
    }

    let name = "loss"
    let heads: [Head]
    let reduction: Graph.Reduction
    let clips: Int
    let frames: Int
    let classes: Int
    /// Clip logits (models, clips, classes): the mean over frames.
    let clipLogits: BufferID
    /// Doubles: loss and count of right clips.
    let result: BufferID
    /// Labels of all frames, or the gradient of the mean logits.
    let staging: BufferID

    var forwardBuffers: [BufferID] {
        heads.map(\.logits) + heads.compactMap(\.gradient) + [clipLogits, result, staging]
    }

    var backwardBuffers: [BufferID] { heads.compactMap(\.gradient) }

    /// Loss and gradient are made in one go: the first operation of the way back has nothing left
    /// to do.
    func forward(_ pass: Pass) {
        let result = pass.doubles(result)
        result[0] = 0
        for (index, head) in heads.enumerated() {
            let mean = pass[clipLogits] + index * clips * classes
            lk_adaptive_average_pool(
                clips, frames, 1, classes, 1, 1, pass[head.logits], mean)
            score(head, mean, result, pass)
        }
        result[1] = Double(rightClips(pass))
    }

    func backward(_ pass: Pass) {}

    private func score(
        _ head: Head, _ mean: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Double>,
        _ pass: Pass
    ) {
        let gradient = head.gradient.map { pass[$0] }
        var loss = 0.0
        var right = 0
        switch reduction {
        case .clip:
            let shared = pass[staging]
            lk_cross_entropy(
                clips, classes, mean, pass.labels, Float(head.weight / Double(frames)), shared,
                &loss, &right)
            guard let gradient else { break }
            // All frames share the gradient of their mean.
            for image in 0..<clips * frames {
                (gradient + image * classes).update(
                    from: shared + image / frames * classes, count: classes)
            }
        case .frame:
            let repeated = UnsafeMutableRawPointer(pass[staging])
                .assumingMemoryBound(to: Int64.self)
            for image in 0..<clips * frames { repeated[image] = pass.labels[image / frames] }
            lk_cross_entropy(
                clips * frames, classes, pass[head.logits], repeated,
                Float(head.weight / Double(frames)), gradient, &loss, &right)
            loss /= Double(frames)
        }
        result[0] += head.weight * loss
    }

    /// Clips whose greatest mean logit over all models is the label's.
    private func rightClips(_ pass: Pass) -> Int {
        let logits = pass[clipLogits]
        var right = 0
        for clip in 0..<clips {
            var best = 0
            var most = -Float.infinity
            for index in 0..<classes {
                var sum: Float = 0
                for model in 0..<heads.count {
                    sum += logits[(model * clips + clip) * classes + index]
                }
                if sum > most { (best, most) = (index, sum) }
            }
            if Int64(best) == pass.labels[clip] { right += 1 }
        }
        return right
    }
}
