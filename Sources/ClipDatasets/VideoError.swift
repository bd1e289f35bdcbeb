/// Why videos cannot be packed: the folder, the video, the program that reads it.
public enum VideoError: Error, Hashable, Sendable {
    case noSuchFolder(String)
    case notAFolder(String)
    /// The folder holds no folder with videos in it.
    case noClasses(String)
    /// `ffmpeg` or `ffprobe` is not on the search path.
    case programMissing(String)
    case programFailed(program: String, problem: String)
    /// A video that the program cannot open or finds nothing to see in.
    case unreadable(video: String, problem: String)
    /// Decoding ended early.
    case damaged(video: String, decoded: Int, expected: Int, problem: String)
    case tooShort(video: String, frames: Int, needed: Int)
    /// No video gave a single clip.
    case nothingToPack(String)
}

extension VideoError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSuchFolder(let path): "\(path): there is no such folder. Check the path."
        case .notAFolder(let path):
            "\(path): this is not a folder. Give the folder that holds one folder a class."
        case .noClasses(let path):
            "\(path): there are no classes. Put the videos of each class into a folder of its own "
                + "there: \(path)/CLASS/VIDEO.mp4"
        case .programMissing(let name):
            "\(name) was not found on the search path. Install FFmpeg (Debian and Ubuntu: "
                + "apt install ffmpeg; Fedora: dnf install ffmpeg-free)."
        case .programFailed(let program, let problem): "\(program) could not be run: \(problem)"
        case .unreadable(let video, let problem):
            "\(video): no video that FFmpeg reads (\(problem))"
        case .damaged(let video, let decoded, let expected, let problem):
            "\(video): damaged; \(decoded) of about \(expected) frames could be decoded "
                + "(\(problem)), and the clips from these are kept"
        case .tooShort(let video, let frames, let needed):
            "\(video): too short; it has \(frames) frames, and a clip takes \(needed)"
        case .nothingToPack(let path):
            "\(path): not one video gave a clip. Lower --frames or --stride, or look at the videos."
        }
    }
}
