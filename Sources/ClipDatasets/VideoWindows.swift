/// Windows of a video that lie evenly from its beginning to its end, decoded and cut as the packer does.
///
/// Only frames that are in a window are kept. A video that is shorter than a window, or ends before
/// its container says, shows its last frame until the window's end, as PySlowFast does.
public struct VideoWindows: Sendable {
    /// Frames that the video has.
    public let frames: Int
    /// Dense frames; a network sees all of them.
    public let clips: [EncodedClip]

    /// - Parameters:
    ///   - count: windows; fewer where the video has not so many beginnings for them.
    ///   - length: frames of a window.
    ///   - stride: frames of the video from one frame of a window to the next.
    ///   - size: height and width in pixels.
    /// - Throws: `VideoError` where the file is no video or is damaged, or FFmpeg is missing.
    public init(
        of path: String, count: Int, length: Int, stride: Int, size: Int
    ) throws(VideoError) {
        precondition(count > 0 && length > 0 && stride > 0 && size > 0)
        let video = try VideoFile(path: path)
        let numbers = Self.frames(
            packets: video.packets, count: count, length: length, stride: stride)
        let wanted = Set(numbers.flatMap(\.self))
        var kept: [Int: [UInt8]] = [:]
        var last: [UInt8] = []
        do throws(PackingError) {
            frames = try video.decode(size: size) { (index, frame) throws(PackingError) in
                if wanted.contains(index) { kept[index] = frame }
                last = frame
            }
        } catch {
            throw Self.problem(error, path)
        }
        guard frames > 0 else {
            throw .unreadable(video: path, problem: "not one frame could be decoded")
        }
        clips = numbers.enumerated().map { index, numbers in
            let header = EncodedClip.Header(
                layout: .frames, index: index, firstFrame: 0, frames: length, height: size,
                width: size)
            return EncodedClip(header: header) { payload in
                let bytes = payload.count / length
                for (place, number) in numbers.enumerated() {
                    let part = UnsafeMutableRawBufferPointer(
                        rebasing: payload[place * bytes..<(place + 1) * bytes])
                    part.copyBytes(from: kept[number] ?? last)
                }
            }
        }
    }

    /// The frames of each window.
    static func frames(packets: Int, count: Int, length: Int, stride: Int) -> [[Int]] {
        let slack = max(0, packets - (length - 1) * stride - 1)
        let count = min(count, slack + 1)
        return (0..<count).map { window in
            let first = count == 1 ? slack / 2 : window * slack / (count - 1)
            return (0..<length).map { first + $0 * stride }
        }
    }

    private static func problem(_ error: PackingError, _ path: String) -> VideoError {
        switch error {
        case .video(.damaged(let video, let decoded, let expected, let problem)):
            .unreadable(
                video: video,
                problem: "damaged; \(decoded) of about \(expected) frames could be decoded: "
                    + problem)
        case .video(let error): error
        case .dataset(let error): .unreadable(video: path, problem: error.description)
        }
    }
}
