import ClipDatasets
import Foundation
import Testing

/// Whether FFmpeg is on the search path.
private let hasFFmpeg =
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/ffmpeg") }

@Suite("Packing videos", .enabled(if: hasFFmpeg, "ffmpeg is not on the search path"))
struct VideoPackerTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Draws a test picture of so many frames.
    private func makeVideo(_ name: String, frames: Int, size: String = "48x32") throws {
        let path = folder.file("videos/" + name)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i",
            "testsrc=size=\(size):rate=25", "-frames:v", "\(frames)", "-c:v", "mpeg4", path,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func options(_ rule: VideoSplitRule) -> VideoPacker.Options {
        var options = VideoPacker.Options()
        options.frames = 4
        options.size = 16
        options.splitRule = rule
        options.valFraction = 0.25
        return options
    }

    private func pack(_ options: VideoPacker.Options) throws -> VideoPacker.Result {
        try VideoPacker(options).pack(folder: folder.file("videos"), into: folder.file("out.h5"))
    }

    @Test("by time, the end of each video goes to val, and folders are the classes in order")
    func byTime() throws {
        try makeVideo("wave/one.avi", frames: 20)
        try makeVideo("clap/two.mp4", frames: 40, size: "32x64")
        let result = try pack(options(.time))
        #expect(result.videos == 2 && result.skipped.isEmpty)
        let dataset = try ClipDataset(path: folder.file("out.h5"))
        #expect(dataset.classNames == ["clap", "wave"])
        let (train, val) = (try dataset.split("train"), try dataset.split("val"))
        // A training clip starts at every frame: 4 frames, a quarter of them a step.
        #expect(train.labels.count == (30 - 3) + (15 - 3))
        #expect(val.labels == [0, 0, 0, 0, 1])
        #expect((train.frames, train.height, train.width) == (4, 16, 16))
        #expect(train.framesPerSecond?.first == 25)
        #expect(train.videoIDs?.last == "wave/one.avi")
    }

    @Test("by video, whole videos go to one split, the same ones for the same seed")
    func byVideo() throws {
        for number in 0..<4 { try makeVideo("a/\(number).avi", frames: 8) }
        try makeVideo("b/0.avi", frames: 8)
        var notes: [String] = []
        let packer = VideoPacker(options(.video))
        let result = try packer.pack(
            folder: folder.file("videos"), into: folder.file("out.h5")
        ) { event in
            if case .note(let note) = event { notes.append(note) }
        }
        #expect(result.videos == 5)
        #expect(notes.count == 1 && notes.first?.contains("b: 1 video is too few") == true)
        let dataset = try ClipDataset(path: folder.file("out.h5"))
        let train = Set(try dataset.split("train").videoIDs ?? [])
        let val = Set(try dataset.split("val").videoIDs ?? [])
        #expect(train.count == 4 && val.count == 1 && train.isDisjoint(with: val))
        let again = try packer.pack(folder: folder.file("videos"), into: folder.file("2.h5"))
        #expect(again == result)
        #expect(try folder.bytes(of: "2.h5") == folder.bytes(of: "out.h5"))
    }

    @Test("a stride takes frames that lie that far apart")
    func stride() throws {
        try makeVideo("a/0.avi", frames: 10)
        var strided = options(.time)
        (strided.stride, strided.frames, strided.valFraction) = (3, 3, 0)
        #expect(try pack(strided).clips == 4)
        #expect(try ClipDataset(path: folder.file("out.h5")).frameStride == 3)
        var plain = strided
        (plain.stride, plain.frames) = (1, 10)
        _ = try VideoPacker(plain).pack(
            folder: folder.file("videos"), into: folder.file("plain.h5"))
        let whole = try ClipDataset(path: folder.file("plain.h5")).split("train").readClip(0)
        let clip = try ClipDataset(path: folder.file("out.h5")).split("train").readClip(1)
        let (frames, frameBytes) = (try whole.decoded(), 16 * 16 * 3)
        let expected = [1, 4, 7].flatMap { frames[$0 * frameBytes..<($0 + 1) * frameBytes] }
        #expect(try clip.decoded() == expected)
    }

    @Test("windows of a video lie from its beginning to its end and hold the packer's pixels")
    func windows() throws {
        try makeVideo("a/0.avi", frames: 20)
        var whole = options(.time)
        (whole.frames, whole.valFraction) = (20, 0)
        _ = try pack(whole)
        let dataset = try ClipDataset(path: folder.file("out.h5"))
        #expect(dataset.frameStride == 1)
        let frames = try dataset.split("train").readClip(0).decoded()
        let frameBytes = 16 * 16 * 3
        func expected(_ numbers: [Int]) -> [UInt8] {
            numbers.flatMap { frames[$0 * frameBytes..<($0 + 1) * frameBytes] }
        }
        func windows(_ count: Int, length: Int, stride: Int) throws -> [[UInt8]] {
            let windows = try VideoWindows(
                of: folder.file("videos/a/0.avi"), count: count, length: length, stride: stride,
                size: 16)
            #expect(windows.frames == 20)
            return try windows.clips.map { try $0.decoded() }
        }
        #expect(
            try windows(3, length: 4, stride: 2)
                == [[0, 2, 4, 6], [6, 8, 10, 12], [13, 15, 17, 19]].map(expected))
        #expect(try windows(1, length: 4, stride: 2) == [expected([6, 8, 10, 12])])
        // Too short for a window: the last frame stands still, and there is but one beginning.
        #expect(
            try windows(10, length: 4, stride: 8) == [expected([0, 8, 16, 19])])
    }

    @Test("a window of what is no video is refused in one line that names it")
    func noWindows() throws {
        try folder.write(Array("no video".utf8), to: "broken.mp4")
        let error = #expect(throws: VideoError.self) {
            try VideoWindows(
                of: folder.file("broken.mp4"), count: 1, length: 4, stride: 1, size: 16)
        }
        let text = error?.description ?? ""
        #expect(text.contains("broken.mp4") && !text.contains("\n"))
    }

    @Test("a broken video and a short one are named and left out; strict ends the run")
    func broken() throws {
        try makeVideo("a/good.avi", frames: 12)
        try makeVideo("a/short.avi", frames: 3)
        try folder.write(Array("no video".utf8), to: "videos/a/broken.mp4")
        try folder.write(Array("read me".utf8), to: "videos/README.md")
        let result = try pack(options(.time))
        #expect(result.videos == 1)
        let skipped = result.skipped.map(\.description)
        #expect(skipped.count == 2)
        #expect(skipped.first?.contains("broken.mp4") == true)
        #expect(skipped.last?.contains("short.avi: too short; it has 3 frames") == true)
        var strict = options(.time)
        (strict.isStrict, strict.isReplacing) = (true, true)
        #expect(throws: PackingError.self) { try pack(strict) }
        #expect(try ClipDataset(path: folder.file("out.h5")).split("train").count > 0)
    }

    @Test("no folder, a file, an empty folder and nothing but empty classes are told apart")
    func folders() throws {
        func problem(_ path: String) throws -> VideoError? {
            let error = #expect(throws: PackingError.self) {
                try VideoPacker(.init()).pack(folder: path, into: folder.file("out.h5"))
            }
            guard case .video(let problem)? = error else { return nil }
            return problem
        }
        let none = folder.file("none")
        #expect(try problem(none) == .noSuchFolder(none))
        try folder.write([1], to: "file")
        #expect(try problem(folder.file("file")) == .notAFolder(folder.file("file")))
        #expect(try problem(folder.path) == .noClasses(folder.path))
        try FileManager.default.createDirectory(
            atPath: folder.file("class"), withIntermediateDirectories: false)
        #expect(try problem(folder.path) == .noClasses(folder.path))
        #expect(!FileManager.default.fileExists(atPath: folder.file("out.h5")))
    }
}
