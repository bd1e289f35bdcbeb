import Tensors

/// Where a part of a clip is taken from.
public enum ClipPlacement: String, Hashable, Sendable, CaseIterable { case random, center }

/// What part of a stored clip a network sees: how many frames, how large, and from where.
///
/// Everything drawn is a function of (seed, epoch, sample) alone, so that a clip looks the same on
/// whatever machine it is prepared, and the head node can send just the window's frames.
public struct ClipSampling: Hashable, Sendable {
    /// Frames of the window.
    public var frames: Int
    /// Height and width of the crop.
    public var size: Int
    public var window: ClipPlacement
    public var crop: ClipPlacement
    /// Whether half the clips are mirrored left to right.
    public var flip: Bool

    public init(
        frames: Int, size: Int, window: ClipPlacement = .random, crop: ClipPlacement = .random,
        flip: Bool = true
    ) {
        self.frames = frames
        self.size = size
        self.window = window
        self.crop = crop
        self.flip = flip
    }

    /// The middle of time and space, never mirrored.
    public static func evaluation(frames: Int, size: Int) -> ClipSampling {
        ClipSampling(frames: frames, size: size, window: .center, crop: .center, flip: false)
    }
}

/// A part of a stored clip: `frames` of its time, a square of its frames, perhaps mirrored.
public struct ClipView: Hashable, Sendable {
    /// Frames of the stored clip.
    public let frames: Range<Int>
    /// First row and column of the crop.
    public let top: Int
    public let left: Int
    /// Height and width of the crop.
    public let size: Int
    public let isFlipped: Bool

    public init(frames: Range<Int>, top: Int, left: Int, size: Int, isFlipped: Bool) {
        self.frames = frames
        self.top = top
        self.left = left
        self.size = size
        self.isFlipped = isFlipped
    }
}

extension ClipSampling {
    /// The view of one sample in one epoch.
    ///
    /// - Parameter clip: frames, height and width of the stored clip.
    /// - Throws: `ClipDecodingError.viewOutside` where the view does not fit the clip.
    public func view(
        seed: UInt64, epoch: Int, sample: Int, clip: (frames: Int, height: Int, width: Int)
    ) throws(ClipDecodingError) -> ClipView {
        guard frames > 0, frames <= clip.frames else {
            throw .viewOutside(
                "a window of \(frames) frames does not fit clip \(sample), which has "
                    + "\(clip.frames). Lower the input's frames, or pack longer clips.")
        }
        guard size > 0, size <= clip.height, size <= clip.width else {
            throw .viewOutside(
                "a crop of \(size) x \(size) does not fit clip \(sample), which is "
                    + "\(clip.width) x \(clip.height). Lower the input's size, or pack larger "
                    + "frames.")
        }
        let random = CounterRandom(seed: seed, stream: UInt64(truncatingIfNeeded: epoch))
        let words = random.block(at: UInt64(truncatingIfNeeded: sample))
        func start(_ placement: ClipPlacement, _ word: UInt32, slack: Int) -> Int {
            placement == .center ? slack / 2 : ClipDrawSequence.index(word, below: slack + 1)
        }
        let first = start(window, words.0, slack: clip.frames - frames)
        return ClipView(
            frames: first..<first + frames,
            top: start(crop, words.1, slack: clip.height - size),
            left: start(crop, words.2, slack: clip.width - size),
            size: size, isFlipped: flip && words.3 >> 31 == 1)
    }
}
