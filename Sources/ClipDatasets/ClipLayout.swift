/// How a split stores its frames.
public enum ClipLayout: String, Hashable, Sendable, CaseIterable {
    /// uint8 (clip, time, height, width, channel).
    case frames
    /// One JPEG a frame, one after another, and where each clip starts.
    case jpeg
}

/// The names and constants of the file format, version 1.
enum ClipFormat {
    static let name = "slowfast-clips"
    static let version = 1
    static let color = "RGB"
    static let axes = "NTHWC"
    static let channels = 3
    /// The name of an attribute that a file of cut videos has.
    static let frameStride = "frame_stride"
    /// The splits a file may hold, in the order in which they are listed.
    static let splits = ["train", "val", "test"]
    /// Frames a chunk of the `frames` layout; short enough that a window reads little it does not
    /// need, long enough that gzip sees what frames have in common.
    static let framesPerChunk = 8
    /// The longest side of a frame; what JPEG allows too, and small enough that sizes cannot
    /// overflow.
    static let longestSide = 65_500
}
