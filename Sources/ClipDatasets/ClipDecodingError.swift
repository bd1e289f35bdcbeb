/// Why a clip that was read or received cannot be turned into frames.
public enum ClipDecodingError: Error, Hashable, Sendable {
    /// A message is not an encoded clip.
    case badMessage(String)
    /// A frame's JPEG is damaged; `libraryMessage` is libjpeg-turbo's.
    case corruptJPEG(clip: Int, frame: Int, libraryMessage: String)
    /// A frame's JPEG has another size than the split's first.
    case wrongSize(clip: Int, frame: Int, found: String, expected: String)
    /// The memory given does not hold exactly the decoded frames.
    case wrongMemory(bytes: Int, needed: Int)
    /// A view that does not fit the stored clip.
    case viewOutside(String)
}

extension ClipDecodingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badMessage(let problem): "a message is no encoded clip: \(problem)."
        case .corruptJPEG(let clip, let frame, let message):
            "clip \(clip), frame \(frame): the JPEG is damaged (\(message)). "
                + "Make the dataset again, or leave the clip out."
        case .wrongSize(let clip, let frame, let found, let expected):
            "clip \(clip), frame \(frame): the JPEG is \(found), the split's first \(expected). "
                + "Store all frames of a split in one size."
        case .wrongMemory(let bytes, let needed):
            "\(bytes) bytes of memory were given for \(needed) bytes of frames."
        case .viewOutside(let problem): problem
        }
    }
}
