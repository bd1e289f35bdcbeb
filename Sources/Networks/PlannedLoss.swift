import CKernels
import Tensors

/// Cross-entropy of every head and of their ensemble, its gradient, and each model's clip logits.
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
    /// Weight of the ensemble's cross-entropy.
    let ensemble: Double
    let labelSmoothing: Double
    let clips: Int
    let frames: Int
    let classes: Int
    /// Clip logits (models, clips, classes): the mean over frames.
    let clipLogits: BufferID
    /// Doubles: loss and count of right clips.
    let result: BufferID
    /// The mean over models of the clip logits, and the gradient of any clip logits: (2, clips,
    /// classes).
    let staging: BufferID

    var forwardBuffers: [BufferID] {
        heads.map(\.logits) + heads.compactMap(\.gradient) + [clipLogits, result, staging]
    }

    var backwardBuffers: [BufferID] { heads.compactMap(\.gradient) }

    var cost: OperationCost {
        let logits = clips * frames * classes
        return OperationCost(
            name: name, kind: .loss, title: "cross-entropy",
            forward: OperationCost.Work(
                floats: (heads.count + heads.compactMap(\.gradient).count) * logits),
            backward: .none)
    }

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
        if ensemble != 0 { scoreEnsemble(result, pass) }
        result[1] = Double(rightClips(pass))
    }

    func backward(_ pass: Pass) {}

    private func score(
        _ head: Head, _ mean: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Double>,
        _ pass: Pass
    ) {
        let gradient = head.gradient.map { pass[$0] }
        let scale = head.weight / Double(frames)
        switch reduction {
        case .clip:
            let shared = pass[staging] + clips * classes
            result[0] += head.weight * crossEntropy(mean, scale: scale, gradient: shared, pass)
            guard let gradient else { break }
            // All frames share the gradient of their mean.
            for image in 0..<clips * frames {
                (gradient + image * classes).update(
                    from: shared + image / frames * classes, count: classes)
            }
        case .frame:
            result[0] +=
                scale
                * crossEntropy(
                    pass[head.logits], rowsPerLabel: frames, scale: scale, gradient: gradient,
                    pass)
        }
    }

    /// The cross-entropy of q, the softmax of the mean logits: every frame of every model gets its
    /// share of the gradient on top of its own.
    private func scoreEnsemble(_ result: UnsafeMutablePointer<Double>, _ pass: Pass) {
        let mean = pass[staging]
        let shared = mean + clips * classes
        let count = clips * classes
        lk_fill(count, 0, mean)
        for model in heads.indices { lk_add_to(count, pass[clipLogits] + model * count, mean) }
        lk_scale(count, 1 / Float(heads.count), mean, mean)
        result[0] +=
            ensemble
            * crossEntropy(
                mean, scale: ensemble / Double(frames * heads.count), gradient: shared, pass)
        for head in heads {
            guard let gradient = head.gradient.map({ pass[$0] }) else { continue }
            for image in 0..<clips * frames {
                lk_add_to(
                    classes, shared + image / frames * classes, gradient + image * classes)
            }
        }
    }

    /// The sum over rows of logits, (clips * rowsPerLabel, classes).
    private func crossEntropy(
        _ logits: UnsafePointer<Float>, rowsPerLabel: Int = 1, scale: Double,
        gradient: UnsafeMutablePointer<Float>?, _ pass: Pass
    ) -> Double {
        var targets = lk_targets(
            labels: pass.labels, mixed_labels: pass.mixedLabels, mixture: pass.mixture,
            rows_per_label: rowsPerLabel, smoothing: labelSmoothing)
        var loss = 0.0
        var right = 0
        lk_cross_entropy(
            clips * rowsPerLabel, classes, logits, &targets, Float(scale), gradient, &loss, &right)
        return loss
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
