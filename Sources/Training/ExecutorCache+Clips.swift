import ClipDatasets
import Networks
import Tensors

extension Executor {
    /// Decodes, normalises and mixes clips into the input, and takes over their labels.
    func fill(
        with labeled: [LabeledClip], pool: ThreadPool
    ) throws(ClipDecodingError) {
        for (index, clip) in labeled.enumerated() {
            let partner = ClipMixing.partner(of: index, among: labeled.count)
            labels[index] = Int64(clip.label)
            mixedLabels[index] = Int64(labeled[partner].label)
            mixture[index] = partner == index ? 1 : clip.mixture
        }
        try ClipPreparation.prepare(labeled, into: clips, pool: pool)
        ClipMixing.mix(clips, parts: UnsafeBufferPointer(mixture), pool: pool)
    }
}

extension ExecutorCache {
    /// What the network makes of clips, with the running statistics.
    func predict(
        _ clips: [LabeledClip], parameters: ParameterStorage
    ) throws(ClipDecodingError) -> [Prediction] {
        guard !clips.isEmpty else { return [] }
        let executor = executor(clips: clips.count, mode: .evaluation)
        try executor.fill(with: clips, pool: pool)
        _ = executor.evaluate(parameters: parameters)
        let logits = executor.clipLogits
        let plan = executor.plan
        return clips.indices.map { index in
            Prediction(
                logits: (0..<plan.models).map { model in
                    let first = (model * plan.clips + index) * plan.classes
                    return Array(logits[first..<first + plan.classes])
                })
        }
    }
}
