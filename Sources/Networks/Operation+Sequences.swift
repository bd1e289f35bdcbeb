/// One direction of an LSTM over a clip's frames, by names of its tensors: gate order i, f, g, o, as
/// in `torch.nn.LSTM`. Hochreiter and Schmidhuber, Long Short-Term Memory (1997), with forget gates.
public struct LSTM: Sendable, Hashable {
    /// (4 hidden, in).
    public var inputWeight: String
    /// (4 hidden, hidden).
    public var hiddenWeight: String
    public var inputBias: String
    public var hiddenBias: String
    public var hidden: Int
    /// Runs from the last frame to the first.
    public var backward: Bool
    /// Frames after which the gradient through time is cut; nil lets it run through the whole clip.
    public var bptt: Int?
}

/// Normalisation of each pixel's channels, by names of its tensors.
/// Ba, Kiros and Hinton, Layer Normalization (2016).
public struct LayerNorm: Sendable, Hashable {
    public var scale: String
    public var shift: String
    /// Added to the variance; PyTorch's default.
    public static let epsilon = 1e-5
}

/// Scaled dot-product attention of every frame to all frames of its clip. The input's channels are
/// queries, keys and values, each cut into heads. Vaswani et al., Attention Is All You Need (2017).
public struct Attention: Sendable, Hashable {
    public var heads: Int
}
