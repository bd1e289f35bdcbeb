/// What can stop packing: a video, or the file that is written.
public enum PackingError: Error, Hashable, Sendable, CustomStringConvertible {
    case video(VideoError)
    case dataset(ClipDatasetError)

    public var description: String {
        switch self {
        case .video(let error): error.description
        case .dataset(let error): error.description
        }
    }

    static func of<Value>(_ body: () throws(VideoError) -> Value) throws(PackingError) -> Value {
        do { return try body() } catch { throw .video(error) }
    }

    static func of<Value>(
        _ body: () throws(ClipDatasetError) -> Value
    ) throws(PackingError) -> Value {
        do { return try body() } catch { throw .dataset(error) }
    }
}
