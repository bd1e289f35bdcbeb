public import ClipDatasets

/// A clip as it came from the dataset, the part of it that a network is to see, and its class.
public struct LabeledClip: Sendable {
    public let clip: EncodedClip
    public let view: ClipView
    public let label: Int
    /// The part that stays its own where the clips of a slot are mixed in pairs; 1 mixes nothing in.
    public let mixture: Float

    public init(clip: EncodedClip, view: ClipView, label: Int, mixture: Float = 1) {
        self.clip = clip
        self.view = view
        self.label = label
        self.mixture = mixture
    }
}
