/// Programs whose names for tensors are known here.
public enum WeightNames: String, Sendable, Hashable, CaseIterable {
    /// Those of this project: what a run saves.
    case lockstep
    /// The ResNet of torchvision: the slow branch of one model of `kind: slowfast-lstm`.
    case torchvision
    /// The `model_state` of PySlowFast: `kind: slowfast`, whose names are the same.
    case pyslowfast
    /// `create_slowfast` of PyTorchVideo: `kind: slowfast`.
    case pytorchvideo

    /// Whose names these are; nil if nobody's that is known.
    init?(of names: [String]) {
        func has(_ prefix: String) -> Bool { names.contains { $0.hasPrefix(prefix) } }
        if has("models.") {
            self = .lockstep
        } else if has("s1.pathway0_stem.") {
            self = .pyslowfast
        } else if has("blocks.0.multipathway_blocks.") {
            self = .pytorchvideo
        } else if has("layer1."), names.contains("conv1.weight") {
            self = .torchvision
        } else {
            return nil
        }
    }

    /// The name of one of our tensors there; nil if there is no such tensor.
    ///
    /// - Parameter model: Number of the model whose slow branch becomes torchvision's ResNet.
    func foreign(_ own: String, model: Int) -> String? {
        switch self {
        case .lockstep, .pyslowfast: own
        case .torchvision: own.dropping(prefix: Self.slowBranch(of: model))
        case .pytorchvideo: PyTorchVideoNames.foreign(own)
        }
    }

    /// Our names of a tensor that is called `foreign` there: torchvision's ResNet goes into the slow
    /// branch of each of `models`. Empty if we have no such tensor.
    func own(_ foreign: String, models: Int) -> [String] {
        switch self {
        case .lockstep, .pyslowfast: [foreign]
        case .torchvision: (0..<models).map { Self.slowBranch(of: $0) + foreign }
        case .pytorchvideo: [PyTorchVideoNames.own(foreign)].compactMap(\.self)
        }
    }

    static func slowBranch(of model: Int) -> String { "models.\(model).slow." }
}

extension String {
    /// What follows `prefix`; nil if the text does not begin so.
    func dropping(prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
