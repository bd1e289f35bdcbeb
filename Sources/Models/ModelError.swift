/// Why no network can be made of a `model` section.
public enum ModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The slow branch sees every alpha-th frame, so alpha has to divide the frames.
    case indivisibleFrames(frames: Int, alpha: Int, model: String)
    /// The input shrinks to nothing before the end of a branch.
    case inputTooSmall(size: Int, least: Int)
    /// The paper's network pools windows of the training map, which have to fit.
    case evaluationTooSmall(size: Int, least: Int)
    case noModels
    /// A name in `train.freeze` is none of the network's.
    case nothingToFreeze(pattern: String, nearest: String?)
    /// Nothing is left to train.
    case everythingFrozen
    /// No convolution is wide enough for bf16 to be faster.
    case nothingInBfloat16

    public var description: String {
        switch self {
        case .indivisibleFrames(let frames, let alpha, let model):
            """
            model \(model) takes every \(alpha)th of \(frames) frames, which does not come out even; \
            choose model.input.frames as a multiple of alpha
            """
        case .inputTooSmall(let size, let least):
            "input of \(size)x\(size) pixels is too small; model.input.size has to be \(least) or more"
        case .evaluationTooSmall(let size, let least):
            """
            clips of \(size)x\(size) pixels are too small to evaluate a network that is trained on \
            \(least)x\(least); take model.input.size or more
            """
        case .noModels:
            "model.models is empty; name at least one model"
        case .nothingToFreeze(let pattern, let nearest):
            "train.freeze: no tensor and no layer is called \"\(pattern)\"; "
                + (nearest.map { "did you mean \($0)?" }
                    ?? "`coordinator describe` lists the layers")
        case .everythingFrozen:
            "train.freeze leaves nothing to train; take a name out of it"
        case .nothingInBfloat16:
            """
            train.precision is bf16, for convolutions of 16 channels and more in multiples of 16, and the model \
            has none that would be faster; widen it, or take fp32
            """
        }
    }
}
