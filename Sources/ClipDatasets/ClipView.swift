/// A rectangle of a frame, in stored pixels: it may begin and end inside one.
public struct ClipCrop: Hashable, Sendable {
    public let top: Double
    public let left: Double
    public let height: Double
    public let width: Double

    public init(top: Double, left: Double, height: Double, width: Double) {
        self.top = top
        self.left = left
        self.height = height
        self.width = width
    }
}

/// Factors of a clip's colours, the same for all its frames: first brightness, then contrast about
/// the clip's mean grey, then saturation about each pixel's grey. 1 changes nothing.
public struct ClipColor: Hashable, Sendable {
    public var brightness: Float
    public var contrast: Float
    public var saturation: Float

    public init(brightness: Float = 1, contrast: Float = 1, saturation: Float = 1) {
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
    }

    /// As stored.
    public static let plain = ClipColor()
}

/// What a network sees of a stored clip: which of its frames, which part of them, how large, and in
/// what colours.
public struct ClipView: Hashable, Sendable {
    /// Numbers of the stored frames, in the order in which they are seen; never falling.
    public let frames: [Int]
    public let crop: ClipCrop
    /// Height and width of the input that the crop is resized to.
    public let size: Int
    /// Whether it is mirrored left to right.
    public let isFlipped: Bool
    public let color: ClipColor
    /// Standard deviation, in pixels of the input, of a Gaussian that it is blurred with; 0 leaves
    /// it sharp.
    public let blur: Double

    public init(
        frames: [Int], crop: ClipCrop, size: Int, isFlipped: Bool, color: ClipColor = .plain,
        blur: Double = 0
    ) {
        self.frames = frames
        self.crop = crop
        self.size = size
        self.isFlipped = isFlipped
        self.color = color
        self.blur = blur
    }

    /// Successive frames, and a square of them at the stored size.
    public init(frames: Range<Int>, top: Int, left: Int, size: Int, isFlipped: Bool) {
        self.init(
            frames: Array(frames),
            crop: ClipCrop(
                top: Double(top), left: Double(left), height: Double(size), width: Double(size)),
            size: size, isFlipped: isFlipped)
    }

    /// The shortest range of stored frames that holds all that are seen: what a worker asks for.
    public var span: Range<Int> {
        guard let first = frames.first, let last = frames.last, first <= last else { return 0..<0 }
        return first..<last + 1
    }

    /// The place of a crop that is taken pixel by pixel; nil where it has to be resampled.
    var wholePixels: (top: Int, left: Int)? {
        guard crop.height == Double(size), crop.width == Double(size),
            let top = Int(exactly: crop.top), let left = Int(exactly: crop.left)
        else { return nil }
        return (top, left)
    }
}
