/// Shape of what one clip holds at one place of a network: (time, height, width, channel).
/// In memory a batch of them is (batch, time, height, width, channel), contiguous.
public struct FeatureShape: Sendable, Hashable, CustomStringConvertible {
    public var time: Int
    public var height: Int
    public var width: Int
    public var channels: Int

    public init(time: Int, height: Int, width: Int, channels: Int) {
        self.time = time
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Pixels of all frames of a clip.
    public var pixels: Int { time * height * width }
    /// Values of a clip.
    public var count: Int { pixels * channels }

    public var description: String { "\(time)x\(height)x\(width)x\(channels)" }
}

/// Sizes along (time, height, width): a kernel, a stride or a padding.
public struct Extent: Sendable, Hashable {
    public var time: Int
    public var height: Int
    public var width: Int

    public init(_ time: Int, _ height: Int, _ width: Int) {
        self.time = time
        self.height = height
        self.width = width
    }

    public static let one = Extent(1, 1, 1)
    public static let zero = Extent(0, 0, 0)

    /// The same size along height and width, and 1 along time.
    public static func square(_ size: Int) -> Extent { Extent(1, size, size) }
    /// The same padding along height and width, and none along time.
    public static func border(_ size: Int) -> Extent { Extent(0, size, size) }

    public var product: Int { time * height * width }
}
