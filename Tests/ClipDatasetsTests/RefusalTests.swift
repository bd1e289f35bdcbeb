import ClipDatasets
import Foundation
import HDF5
import Testing

@Suite("A file that is not what the format asks for is refused with its fault")
struct RefusalTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Writes the file, which must be refused, and returns the words.
    private func words(_ dataset: HandmadeDataset) throws -> String {
        let path = folder.file(UUID().uuidString + ".h5")
        try dataset.write(path)
        let error = try #require(throws: ClipDatasetError.self) { try ClipDataset(path: path) }
        #expect(error.description.contains(path))
        return error.description
    }

    @Test("the handmade file itself is sound")
    func sound() throws {
        let path = folder.file("sound.h5")
        try HandmadeDataset().write(path)
        let dataset = try ClipDataset(path: path)
        let split = try dataset.split("train")
        #expect(split.count == 2)
        let missing = #expect(throws: ClipDatasetError.self) { try dataset.split("val") }
        #expect(missing?.description.contains("only train") == true)
        #expect(throws: ClipDatasetError.self) { try split.readClip(2) }
        #expect(throws: ClipDatasetError.self) { try split.readClip(-1) }
        #expect(throws: ClipDatasetError.self) { try split.readClip(0, frames: 1..<3) }
        #expect(throws: ClipDatasetError.self) { try split.readClip(0, frames: 1..<1) }
    }

    @Test("attributes that are missing or differ")
    func attributes() throws {
        var dataset = HandmadeDataset()
        dataset.attributes.removeFirst()
        #expect(try words(dataset).contains("format is missing"))
        dataset = HandmadeDataset()
        dataset.attributes[0].1 = .string("kinetics")
        #expect(try words(dataset).contains("\"kinetics\""))
        dataset = HandmadeDataset()
        dataset.attributes[1].1 = .integer(2)
        #expect(try words(dataset).contains("version is 2"))
        dataset = HandmadeDataset()
        dataset.attributes[2].1 = .string("BGR")
        #expect(try words(dataset).contains("BGR"))
    }

    @Test("labels out of range, with the first bad index, and too few of them")
    func labels() throws {
        var dataset = HandmadeDataset()
        dataset.labels = [0, 2]
        var text = try words(dataset)
        #expect(text.contains("label 2 at index 1") && text.contains("/train/labels"))
        dataset.labels = [-1, 0]
        #expect(try words(dataset).contains("label -1 at index 0"))
        dataset.labels = [0]
        text = try words(dataset)
        #expect(text.contains("2 clips and 1 labels"))
        dataset.labels = []
        #expect(try words(dataset).contains("no clips"))
    }

    @Test("frames of a wrong rank or without three channels")
    func frames() throws {
        var dataset = HandmadeDataset()
        dataset.framesShape = [2, 2, 4, 12]
        #expect(try words(dataset).contains("expected 5 axes, found 4"))
        dataset.framesShape = [2, 2, 4, 4, 1]
        #expect(try words(dataset).contains("(N, T, H, W, 3)"))
    }

    @Test("JPEG offsets that fall, repeat or leave the frames, and too few of them")
    func offsets() throws {
        var dataset = HandmadeDataset()
        dataset.jpegs = [[1], [2], [3]]
        for offsets: [Int64] in [[0, 2, 1], [0, 2, 2], [0, 1, 4], [-1, 1, 3], [3, 1, 2]] {
            dataset.offsets = offsets
            #expect(try words(dataset).contains("/train/offsets"))
        }
        dataset.offsets = [0, 3]
        #expect(try words(dataset).contains("2 offsets for 2 clips"))
        dataset.offsets = [0, 1, 3]
        #expect(try words(dataset).contains("no JPEG"))
    }

    @Test("a table that does not fit the clips")
    func tables() throws {
        var dataset = HandmadeDataset()
        dataset.videoIDs = ["only one"]
        #expect(try words(dataset).contains("1 values for 2 clips"))
    }

    @Test("no classes and no splits")
    func empty() throws {
        var dataset = HandmadeDataset()
        dataset.classNames = []
        #expect(try words(dataset).contains("no classes"))
        let path = folder.file("no-split.h5")
        let file = try HDF5File(creating: path)
        for (name, value) in HandmadeDataset().attributes { try file.setAttribute(name, to: value) }
        try file.createDataset("/class_names", holding: ["a"])
        try file.finish()
        let error = #expect(throws: ClipDatasetError.self) { try ClipDataset(path: path) }
        #expect(error?.description.contains("no split") == true)
    }

    @Test("a broken JPEG is named by clip and frame when it is decoded")
    func brokenJPEG() throws {
        let path = folder.file("jpeg.h5")
        try SampleClips.write(path, storage: ClipStorage(layout: .jpeg))
        let sound = try ClipDataset(path: path).split("train").readClip(3)
        // The last JPEG loses its second half; the table and the message stay whole.
        var bytes = sound.message
        bytes.replaceSubrange(
            bytes.count - 40..<bytes.count, with: [UInt8](repeating: 0, count: 40))
        let broken = try EncodedClip(message: bytes)
        let error = try #require(throws: ClipDecodingError.self) { try broken.decoded() }
        guard case .corruptJPEG(let clip, let frame, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect((clip, frame) == (3, 4))
    }
}
