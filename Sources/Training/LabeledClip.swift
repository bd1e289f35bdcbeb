public import ClipDatasets

/// A clip as it came from the dataset, the part of it that a network is to see, and its class.
public struct LabeledClip: Sendable {
    public let clip: EncodedClip
    public let view: ClipView
    public let label: Int

    public init(clip: EncodedClip, view: ClipView, label: Int) {
        self.clip = clip
        self.view = view
        self.label = label
    }
}
