/// `model.kind: slowfast-lstm`: models f1..fn, each a slow 2D ResNet branch and a fast temporal
/// branch, concatenated per frame and classified by one linear head.
public struct SlowFastLSTMConfiguration: Sendable, Hashable {
    public var models: [TwoBranchConfiguration]
    /// The slow branch, the same for every model.
    public var slow: SlowBranchConfiguration
    /// The fast branch, the same for every model.
    public var fast: FastBranchConfiguration
    public var sharing: SharingConfiguration
    public var loss: LossConfiguration

    public init(
        models: [TwoBranchConfiguration],
        slow: SlowBranchConfiguration = SlowBranchConfiguration(),
        fast: FastBranchConfiguration = FastBranchConfiguration(),
        sharing: SharingConfiguration = SharingConfiguration(),
        loss: LossConfiguration = LossConfiguration()
    ) {
        self.models = models
        self.slow = slow
        self.fast = fast
        self.sharing = sharing
        self.loss = loss
    }
}

/// One model f_i of the joint training.
public struct TwoBranchConfiguration: Sendable, Hashable {
    /// Which branches a model has; one alone is an ablation.
    public enum Branches: String, Sendable, Hashable, CaseIterable {
        case both, slow, fast
    }

    /// A label for reports; parameters are named by the model's number.
    public var name: String
    /// The slow branch sees every alpha-th frame; divides `input.frames`.
    public var alpha: Int
    public var branches: Branches
    /// Factor of this model's cross-entropy in the loss.
    public var weight: Double

    public init(name: String, alpha: Int, branches: Branches = .both, weight: Double = 1) {
        self.name = name
        self.alpha = alpha
        self.branches = branches
        self.weight = weight
    }
}

/// The 2D ResNet on frames / alpha frames (He et al., 2016; torchvision's layout and names).
public struct SlowBranchConfiguration: Sendable, Hashable {
    public enum Block: String, Sendable, Hashable, CaseIterable {
        /// 3x3, 3x3.
        case basic
        /// 1x1, 3x3, 1x1, and four times the channels.
        case bottleneck

        /// Output channels of a block over its inner channels.
        public var expansion: Int { self == .basic ? 1 : 4 }
    }

    /// How a residual connection changes shape: A subsamples and pads with zeros, B projects.
    public enum Shortcut: String, Sendable, Hashable, CaseIterable {
        case padding = "A"
        case projection = "B"
    }

    public var block: Block
    /// Blocks in each stage; each stage after the first halves the map and doubles the channels.
    public var layers: [Int]
    /// Channels of the first stage.
    public var width: Int
    public var shortcut: Shortcut

    public init(
        block: Block = .basic, layers: [Int] = [2, 2, 2, 2], width: Int = 64,
        shortcut: Shortcut = .projection
    ) {
        self.block = block
        self.layers = layers
        self.width = width
        self.shortcut = shortcut
    }
}

/// Three pointwise convolutions, then an encoder over all frames.
public struct FastBranchConfiguration: Sendable, Hashable {
    public enum Encoder: String, Sendable, Hashable, CaseIterable {
        case convLSTM = "convlstm"
        case lstm
        case transformer
    }

    /// Channels of the pointwise convolutions.
    public var channels: Int
    /// Channels of the encoder's state.
    public var hidden: Int
    public var encoder: Encoder
    /// Whether a second encoder runs backward in time (both kinds of LSTM).
    public var bidirectional: Bool
    /// Attention heads (transformer).
    public var heads: Int
    /// Encoder layers (transformer).
    public var depth: Int
    /// Frames after which the gradient through time is cut (both kinds of LSTM); nil lets it run
    /// through the whole clip.
    public var bptt: Int?

    public init(
        channels: Int = 8, hidden: Int = 8, encoder: Encoder = .convLSTM,
        bidirectional: Bool = true, heads: Int = 4, depth: Int = 2, bptt: Int? = nil
    ) {
        self.channels = channels
        self.hidden = hidden
        self.encoder = encoder
        self.bidirectional = bidirectional
        self.heads = heads
        self.depth = depth
        self.bptt = bptt
    }
}

/// Which convolutions of the slow branches share a weight.
public struct SharingConfiguration: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case none
        /// The same place in every model mixes one bank of templates.
        case sameLevel = "same-level"
        /// Inside a stage, equal shapes are one tensor, across depth and models.
        case crossLevel = "cross-level"
    }

    public var kind: Kind
    /// Templates a bank (same-level).
    public var templates: Int

    public init(kind: Kind = .none, templates: Int = 2) {
        self.kind = kind
        self.templates = templates
    }
}

/// sum_i weight_i CE(z_i, y) + ensemble CE(q, y), averaged over the batch.
public struct LossConfiguration: Sendable, Hashable {
    /// Whether a cross-entropy is taken of the logits averaged over the clip, or of each frame.
    public enum Reduction: String, Sendable, Hashable, CaseIterable {
        case clip, frame
    }

    public var reduce: Reduction
    /// Factor of the ensemble's cross-entropy; 0 leaves it out.
    public var ensemble: Double

    public init(reduce: Reduction = .clip, ensemble: Double = 0) {
        self.reduce = reduce
        self.ensemble = ensemble
    }
}
