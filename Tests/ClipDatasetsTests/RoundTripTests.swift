import ClipDatasets
import Foundation
import Testing

@Suite("Clips come back as they were written")
struct RoundTripTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("raw frames bit for bit, with or without gzip", arguments: [nil, 1, 9])
    func frames(gzip: Int?) throws {
        let path = folder.file("frames.h5")
        try SampleClips.write(path, storage: ClipStorage(gzip: gzip))
        let dataset = try ClipDataset(path: path)
        #expect(dataset.classNames == SampleClips.classNames)
        #expect(dataset.splits.map(\.name) == ["train", "val"])
        let train = try dataset.split("train")
        #expect(train.count == 4)
        #expect(train.layout == .frames)
        #expect((train.frames, train.height, train.width) == (5, 6, 8))
        #expect(train.labels == [0, 1, 2, 0])
        #expect(train.videoIDs == (0..<4).map { "video \($0)" })
        #expect(train.groups == [0, 0, 1, 1])
        #expect(train.framesPerSecond == [25, 25, 25, 25])
        for index in 0..<4 {
            #expect(try train.readClip(index).decoded() == SampleClips.pixels(index))
        }
        let frameBytes = 6 * 8 * 3
        let window = try train.readClip(2, frames: 1..<4)
        #expect(
            try window.decoded()
                == Array(SampleClips.pixels(2)[frameBytes..<4 * frameBytes]))
    }

    @Test("JPEG frames within the loss of the codec, and the window alone is sent")
    func jpeg() throws {
        let path = folder.file("jpeg.h5")
        try SampleClips.write(path, storage: ClipStorage(layout: .jpeg, quality: 95))
        let train = try ClipDataset(path: path).split("train")
        #expect(train.layout == .jpeg)
        #expect((train.frames, train.height, train.width) == (5, 6, 8))
        for index in 0..<4 {
            let pixels = try train.readClip(index).decoded()
            let expected = SampleClips.smoothPixels(index)
            let worst = zip(pixels, expected).map { abs(Int($0) - Int($1)) }.max()
            #expect(try #require(worst) <= 4)
        }
        let whole = try train.readClip(1)
        let window = try train.readClip(1, frames: 2..<4)
        #expect(window.message.count < whole.message.count)
        let frameBytes = 6 * 8 * 3
        #expect(try window.decoded() == Array(whole.decoded()[2 * frameBytes..<4 * frameBytes]))
    }

    @Test("a clip survives the trip as one message", arguments: ClipLayout.allCases)
    func message(layout: ClipLayout) throws {
        let path = folder.file("\(layout).h5")
        try SampleClips.write(path, storage: ClipStorage(layout: layout))
        let clip = try ClipDataset(path: path).split("val").readClip(1, frames: 1..<3)
        let received = try EncodedClip(message: clip.message)
        #expect(received == clip)
        #expect((received.index, received.firstFrame, received.frames) == (1, 1, 2))
    }

    @Test("a message cut short, lengthened or altered is refused or still decodes")
    func badMessages() throws {
        let path = folder.file("jpeg.h5")
        try SampleClips.write(path, storage: ClipStorage(layout: .jpeg))
        let sound = try ClipDataset(path: path).split("val").readClip(0).message
        for length in 0..<sound.count {
            #expect(throws: ClipDecodingError.self) {
                try EncodedClip(message: Array(sound.prefix(length)))
            }
        }
        #expect(throws: ClipDecodingError.self) { try EncodedClip(message: sound + [0]) }
        for position in 0..<sound.count {
            var altered = sound
            altered[position] ^= 0x15
            do throws(ClipDecodingError) {
                let clip = try EncodedClip(message: altered)
                // Sizes are the sender's word; a receiver compares them with what it expects.
                if clip.decodedByteCount == 5 * 6 * 8 * 3 { _ = try clip.decoded() }
            } catch {
                #expect(error.description.count > 10)
            }
        }
    }

    @Test("a clip of another size, an unknown label or an unknown split is not written")
    func refusedClips() throws {
        let path = folder.file("x.h5")
        let writer = try ClipDatasetWriter(
            path: path, classNames: ["a"], shape: SampleClips.shape)
        let pixels = SampleClips.pixels(0)
        var record = SampleClips.record(0)
        #expect(throws: ClipDatasetError.self) {
            try writer.append([1, 2, 3], record, to: "train")
        }
        #expect(throws: ClipDatasetError.self) { try writer.append(pixels, record, to: "dev") }
        record.label = 1
        #expect(throws: ClipDatasetError.self) { try writer.append(pixels, record, to: "train") }
        #expect(throws: ClipDatasetError.self) { try writer.finish() }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("an existing file is kept unless replacing is asked for")
    func overwrite() throws {
        let path = folder.file("x.h5")
        try SampleClips.write(path, storage: ClipStorage())
        let error = #expect(throws: ClipDatasetError.self) {
            try SampleClips.write(path, storage: ClipStorage())
        }
        #expect(error?.description.contains("--force") == true)
    }

    @Test("the digest is blind to compression and sees pixels, labels and names")
    func digest() throws {
        try SampleClips.write(folder.file("plain.h5"), storage: ClipStorage())
        try SampleClips.write(folder.file("gzip.h5"), storage: ClipStorage(gzip: 4))
        try SampleClips.write(folder.file("more.h5"), storage: ClipStorage(), train: 5)
        try SampleClips.write(folder.file("jpeg.h5"), storage: ClipStorage(layout: .jpeg))
        func digest(_ name: String) throws -> String {
            try ClipDataset(path: folder.file(name)).summary(fileBytes: 0).digest
        }
        #expect(try digest("plain.h5") == digest("gzip.h5"))
        #expect(try digest("plain.h5") != digest("more.h5"))
        #expect(try digest("plain.h5") != digest("jpeg.h5"))
    }

    @Test("the summary counts clips, videos and bytes", arguments: ClipLayout.allCases)
    func summary(layout: ClipLayout) throws {
        let path = folder.file("\(layout).h5")
        try SampleClips.write(path, storage: ClipStorage(layout: layout))
        let summary = try ClipDataset(path: path).summary(fileBytes: 7)
        let train = try #require(summary.splits.first)
        #expect(train.clips == 4)
        #expect(train.clipsPerClass == [2, 1, 1])
        #expect(train.videos == 4)
        #expect(train.rawBytes == 4 * 5 * 6 * 8 * 3)
        #expect(train.storedBytes > 0)
        #expect(train.frames == [5, 5])
    }
}
