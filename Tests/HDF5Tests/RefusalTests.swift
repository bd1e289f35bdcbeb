import Foundation
import HDF5
import Testing

@Suite("Bad input is refused with words")
struct RefusalTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Runs `body`, which must throw an `HDF5Error`, and returns it.
    private func refusal(_ body: () throws -> Void) throws -> HDF5Error {
        try #require(throws: HDF5Error.self, performing: body)
    }

    private func sample() throws -> String {
        let path = folder.file("sample.h5")
        let file = try HDF5File(creating: path)
        try file.createDataset("/train/labels", holding: [Int64(3), 4], shape: [2])
        try file.createDataset("/train/wide", holding: [1.5], shape: [1])
        try file.finish()
        return path
    }

    @Test("a missing file is named")
    func missingFile() throws {
        let path = folder.file("none.h5")
        let error = try refusal { _ = try HDF5File(reading: path) }
        #expect(error.reason == .noSuchFile)
        #expect(error.description.contains(path))
    }

    @Test("a folder is not a file")
    func directory() throws {
        #expect(try refusal { _ = try HDF5File(reading: folder.path) }.reason == .notAFile)
    }

    @Test("text, an empty file and one byte are not HDF5")
    func notHDF5() throws {
        for (name, bytes) in [
            ("text", Array("hello, world\n".utf8)), ("empty", []), ("one", [137]),
        ] {
            try folder.write(bytes, to: name)
            let error = try refusal { _ = try HDF5File(reading: folder.file(name)) }
            #expect(error.reason == .notHDF5)
        }
    }

    @Test("a missing dataset, and a group where a dataset is asked for, are named")
    func missingDataset() throws {
        let file = try HDF5File(reading: sample())
        let missing = try refusal { _ = try file.dataset("/train/frames") }
        #expect(missing.reason == .noSuchObject)
        #expect(missing.object == "/train/frames")
        let group = try refusal { _ = try file.dataset("/train") }
        #expect(group.reason == .wrongKind(expected: "dataset", actual: "group"))
    }

    @Test("a narrower type than the stored one, and a wrong rank, are refused")
    func wrongTypeAndRank() throws {
        let file = try HDF5File(reading: sample())
        let type = try refusal { _ = try file.dataset("/train/labels").read(as: UInt8.self) }
        #expect(type.reason == .wrongType(expected: .uint8, actual: .int64))
        #expect(type.description.contains("uint8") && type.description.contains("int64"))
        let narrow = try refusal { _ = try file.dataset("/train/wide").read(as: Float.self) }
        #expect(narrow.reason == .wrongType(expected: .float32, actual: .float64))
        let rank = try refusal { try file.dataset("/train/labels").requireRank(5) }
        #expect(rank.reason == .wrongRank(expected: 5, actual: 1))
        let text = try refusal { _ = try file.dataset("/train/labels").readStrings() }
        #expect(text.reason == .wrongType(expected: .string, actual: .int64))
    }

    @Test("a selection outside the dataset, or memory of another size, is refused")
    func bounds() throws {
        let labels = try HDF5File(reading: sample()).dataset("/train/labels")
        var memory = [UInt8](repeating: 0, count: 16)
        for (offset, count) in [(1, 2), (-1, 1), (Int.max, 2), (0, 1)] {
            let error = try refusal {
                try memory.withUnsafeMutableBytes {
                    try labels.read(into: $0, as: .int64, offset: [offset], count: [count])
                }
            }
            guard case .outOfBounds = error.reason else {
                Issue.record("\(error)")
                continue
            }
        }
    }

    @Test("a new file does not replace an old one unless told to")
    func exists() throws {
        let path = try sample()
        #expect(try refusal { _ = try HDF5File(creating: path) }.reason == .fileExists)
        let file = try HDF5File(creating: path, replacing: true)
        try file.createGroup("/new")
        try file.finish()
        #expect(try HDF5File(reading: path).names(in: "/") == ["new"])
    }

    @Test("a file that cannot be created says why in the system's words")
    func noFolder() throws {
        let path = folder.file("no/such/folder/x.h5")
        let error = try refusal { _ = try HDF5File(creating: path) }
        #expect(error.description.contains(path))
        #expect(error.libraryMessage.lowercased().contains("no such file or directory"))
    }
}
