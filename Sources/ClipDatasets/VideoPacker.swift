/// Makes a clip dataset of a folder of videos.
///
/// FFmpeg decodes; frames are scaled and cropped square, cut into clips of `frames` frames that lie
/// `stride` apart, and written clip by clip. Memory holds the frames of one clip's span.
public struct VideoPacker: Sendable {
    /// What is cut from the videos, and where it goes.
    public struct Options: Hashable, Sendable {
        /// Frames of a clip.
        public var frames = 32
        /// Height and width in pixels.
        public var size = 128
        /// Frames of the video from one frame of a clip to the next.
        public var stride = 1
        /// Frames of the video from the start of one training clip to the next; nil for a quarter
        /// of a clip's span. Val and test clips start half a span apart.
        public var clipStep: Int?
        public var splitRule = VideoSplitRule.video
        public var valFraction = 0.2
        public var testFraction = 0.0
        public var seed: UInt64 = 1
        public var storage = ClipStorage()
        /// Whether the first video that cannot be read ends the run.
        public var isStrict = false
        /// Whether a file at the target may be replaced.
        public var isReplacing = false

        public init() {}

        /// Frames of the video from a clip's first to its last, both counted.
        var span: Int { (frames - 1) * stride + 1 }

        func step(in split: String) -> Int {
            split == "train" ? clipStep ?? max(1, span / 4) : max(1, span / 2)
        }
    }

    /// What happens while packing.
    public enum Event: Hashable, Sendable {
        /// So many of about so many frames have been decoded, so many clips written.
        case progress(frames: Int, of: Int, clips: Int)
        /// A video was left out, wholly or from a point on.
        case skipped(VideoError)
        /// Something a person should know about the splits.
        case note(String)
    }

    /// What came of it.
    public struct Result: Hashable, Sendable {
        public var videos = 0
        public var clips = 0
        public var skipped: [VideoError] = []
    }

    public let options: Options

    public init(_ options: Options) {
        precondition(options.frames > 0 && options.size > 0 && options.stride > 0)
        precondition(options.clipStep.map { $0 > 0 } ?? true)
        self.options = options
    }

    /// Packs the videos in `folder` into `target`.
    ///
    /// - Throws: `PackingError` where the folder or the target cannot be used, a program is
    ///   missing, nothing can be packed, or, if strict, a video cannot be read.
    public func pack(
        folder path: String, into target: String, _ report: (Event) -> Void = { _ in }
    ) throws(PackingError) -> Result {
        let folder = try PackingError.of { () throws(VideoError) in try VideoFolder(path: path) }
        for name in folder.empty { report(.note("\(name): no videos; the folder is left out")) }
        var result = Result()
        let writer = try PackingError.of { () throws(ClipDatasetError) in
            try ClipDatasetWriter(
                path: target, classNames: folder.classes.map(\.name),
                shape: (options.frames, options.size, options.size), storage: options.storage,
                frameStride: options.stride, replacing: options.isReplacing)
        }
        let jobs = try jobs(in: folder, &result, report)
        guard !jobs.isEmpty else { throw .video(.nothingToPack(path)) }
        let total = jobs.reduce(0) { $0 + $1.video.packets }
        var before = 0
        for (number, job) in jobs.enumerated() {
            do {
                try pack(job, number, writer, &result) { decoded, clips in
                    report(.progress(frames: before + decoded, of: total, clips: clips))
                }
                result.videos += 1
            } catch .video(let error) {
                try skip(error, &result, report)
            }
            before += job.video.packets
        }
        guard result.clips > 0 else { throw .video(.nothingToPack(path)) }
        try PackingError.of { () throws(ClipDatasetError) in try writer.finish() }
        return result
    }
}

extension VideoPacker {
    private struct Job {
        let video: VideoFile
        let label: Int
        let split: VideoSplit
    }

    private func skip(
        _ error: VideoError, _ result: inout Result, _ report: (Event) -> Void
    ) throws(PackingError) {
        if case .programMissing = error { throw .video(error) }
        if options.isStrict { throw .video(error) }
        result.skipped.append(error)
        report(.skipped(error))
    }

    /// Looks at every video and decides which split gets what. The draw comes before the look, so
    /// that a video which turns out broken does not move others between splits.
    private func jobs(
        in folder: VideoFolder, _ result: inout Result, _ report: (Event) -> Void
    ) throws(PackingError) -> [Job] {
        var jobs: [Job] = []
        for (label, each) in folder.classes.enumerated() {
            var splits = each.videos.map { _ in "" }
            if options.splitRule == .video {
                let drawn = VideoSplit.byVideo(
                    count: each.videos.count, valFraction: options.valFraction,
                    testFraction: options.testFraction, seed: options.seed, classIndex: label)
                if let note = drawn.note { report(.note("\(each.name): \(note)")) }
                splits = drawn.splits
            }
            for (path, split) in zip(each.videos, splits) {
                do throws(VideoError) {
                    let video = try VideoFile(path: path)
                    guard video.packets >= options.span else {
                        throw .tooShort(video: path, frames: video.packets, needed: options.span)
                    }
                    let division = options.splitRule == .video ? .whole(split) : byTime(video)
                    if let note = division.note { report(.note("\(path): \(note)")) }
                    jobs.append(Job(video: video, label: label, split: division))
                } catch {
                    try skip(error, &result, report)
                }
            }
        }
        return jobs
    }

    private func byTime(_ video: VideoFile) -> VideoSplit {
        .byTime(
            frames: video.packets, span: options.span, valFraction: options.valFraction,
            testFraction: options.testFraction)
    }

    /// Decodes one video and writes each clip as its last frame arrives.
    private func pack(
        _ job: Job, _ number: Int, _ writer: ClipDatasetWriter, _ result: inout Result,
        _ progress: (_ decoded: Int, _ clips: Int) -> Void
    ) throws(PackingError) {
        let rate = Float(job.video.framesPerSecond) / Float(options.stride)
        let record = ClipRecord(
            label: job.label, videoID: (writer.classNames[job.label] + "/" + job.video.name),
            framesPerSecond: rate, group: number)
        var recent = RecentFrames(capacity: options.span)
        _ = try job.video.decode(size: options.size) { (index, frame) throws(PackingError) in
            recent.append(frame)
            progress(index + 1, result.clips)
            let start = index + 1 - options.span
            guard start >= 0, let part = job.split.parts.first(where: { $0.holds(start...index) }),
                (start - part.frames.lowerBound).isMultiple(of: options.step(in: part.split))
            else { return }
            let clip = recent.clip(stride: options.stride)
            try PackingError.of { () throws(ClipDatasetError) in
                try writer.append(clip, record, to: part.split)
            }
            result.clips += 1
        }
    }
}

extension VideoSplit.Part {
    fileprivate func holds(_ span: ClosedRange<Int>) -> Bool {
        frames.lowerBound <= span.lowerBound && span.upperBound < frames.upperBound
    }
}

extension VideoFile {
    /// The last part of the path.
    fileprivate var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// The latest frames of a video, as many as one clip spans.
private struct RecentFrames {
    private var frames: [[UInt8]] = []
    private var oldest = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    mutating func append(_ frame: [UInt8]) {
        if frames.count < capacity {
            frames.append(frame)
        } else {
            frames[oldest] = frame
            oldest = (oldest + 1) % capacity
        }
    }

    /// Every `stride`-th frame from the oldest on.
    func clip(stride step: Int) -> [UInt8] {
        var clip: [UInt8] = []
        for offset in stride(from: 0, to: frames.count, by: step) {
            clip += frames[(oldest + offset) % frames.count]
        }
        return clip
    }
}
