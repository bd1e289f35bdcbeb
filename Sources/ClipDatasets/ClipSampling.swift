/// Where a part of a clip is taken from.
public enum ClipPlacement: String, Hashable, Sendable, CaseIterable { case random, center }

/// How large a part of the frame becomes the input.
public enum ClipScaling: Hashable, Sendable {
    /// The input's own size, pixel by pixel; of frames that are smaller, the largest square,
    /// enlarged.
    case stored
    /// The largest square: the frame is resized until its short side is the input's.
    case shortSide
    /// The frame's short side is resized to a length drawn from these pixels, none below the
    /// input's, and the input cropped from that (Simonyan and Zisserman 2015, as in PySlowFast).
    case jitter(ClosedRange<Double>)
    /// Random resized crop: a rectangle of a part of the frame's area and of a ratio of width to
    /// height, both drawn, the ratio's logarithm uniformly (Szegedy et al. 2015, as in torchvision).
    case area(ClosedRange<Double>, aspect: ClosedRange<Double>)
}

/// What part of a stored clip a network sees: how many frames, how large, and from where.
///
/// Everything drawn is a function of (seed, epoch, sample) alone, so that a clip looks the same on
/// whatever machine it is prepared, and the head node can send just the frames around those seen.
public struct ClipSampling: Hashable, Sendable {
    /// Frames of the window.
    public var frames: Int
    /// Height and width of the input.
    public var size: Int
    /// Every so-many-th stored frame is seen.
    public var stride: Int
    /// Temporal jitter: the stride is drawn from (1 - x) to (1 + x) times `stride`, no longer than
    /// fits the clip.
    public var strideJitter = 0.0
    public var window: ClipPlacement
    public var crop: ClipPlacement
    public var scaling = ClipScaling.stored
    /// Whether half the clips are mirrored left to right.
    public var flip: Bool
    /// Colour jitter: factors are drawn from 1 - x to 1 + x.
    public var brightness = 0.0
    public var contrast = 0.0
    public var saturation = 0.0
    /// Standard deviation of a Gaussian blur, in pixels of the input.
    public var blur = 0.0

    public init(
        frames: Int, size: Int, stride: Int = 1, window: ClipPlacement = .random,
        crop: ClipPlacement = .random, flip: Bool = true
    ) {
        self.frames = frames
        self.size = size
        self.stride = stride
        self.window = window
        self.crop = crop
        self.flip = flip
    }

    /// The middle of time and space, never mirrored.
    public static func evaluation(frames: Int, size: Int, stride: Int = 1) -> ClipSampling {
        ClipSampling(
            frames: frames, size: size, stride: stride, window: .center, crop: .center, flip: false)
    }

    /// Stored frames from the first of a window to its last, both counted, without jitter.
    public var spanFrames: Int { (frames - 1) * stride + 1 }

    /// A stored clip: frames, height and width.
    public typealias StoredShape = (frames: Int, height: Int, width: Int)

    /// - Throws: `ClipDecodingError.viewOutside` where no view fits the clip.
    func check(_ clip: StoredShape, sample: Int) throws(ClipDecodingError) {
        guard frames > 0, stride > 0, spanFrames <= clip.frames else {
            throw .viewOutside(
                "a window of \(frames) frames, every \(stride) stored ones, does not fit clip "
                    + "\(sample), which has \(clip.frames). Lower the input's frames or the "
                    + "stride, or pack longer clips.")
        }
        guard size > 0, clip.height > 0, clip.width > 0 else {
            throw .viewOutside(
                "a crop of \(size) x \(size) cannot be taken from clip \(sample), which is "
                    + "\(clip.width) x \(clip.height).")
        }
    }
}
