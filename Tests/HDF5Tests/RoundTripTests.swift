import Foundation
import HDF5
import Testing

@Suite("What is written is what is read")
struct RoundTripTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("numbers of every element type come back bit for bit")
    func numbers() throws {
        let path = folder.file("numbers.h5")
        let file = try HDF5File(creating: path)
        try file.createDataset("/a/f32", holding: [Float(1.5), -0.0, .infinity], shape: [3])
        try file.createDataset("/a/f64", holding: [Double.pi, -1e300], shape: [1, 2])
        try file.createDataset("/i64", holding: [Int64.min, .max], shape: [2])
        try file.createDataset("/i32", holding: [Int32.min, .max], shape: [2])
        try file.createDataset("/u8", holding: [UInt8(0), 255, 7, 9], shape: [2, 2])
        try file.createDataset("/scalar", holding: [2.25], shape: [])
        try file.finish()

        let read = try HDF5File(reading: path)
        #expect(try read.dataset("/a/f32").read(as: Float.self) == [1.5, -0.0, .infinity])
        #expect(try read.dataset("/a/f64").read(as: Double.self) == [Double.pi, -1e300])
        #expect(try read.dataset("/a/f64").shape() == [1, 2])
        #expect(try read.dataset("/i64").read(as: Int64.self) == [.min, .max])
        #expect(try read.dataset("/i32").read(as: Int32.self) == [.min, .max])
        #expect(try read.dataset("/u8").read(as: UInt8.self) == [0, 255, 7, 9])
        #expect(try read.dataset("/scalar").readScalar(as: Double.self) == 2.25)
        #expect(try read.dataset("/i32").read(as: Int64.self) == [-2_147_483_648, 2_147_483_647])
    }

    @Test("names with dots are plain names, and a group lists them in byte order")
    func dottedNames() throws {
        let path = folder.file("dots.h5")
        let names = ["models.0.b", "models.0.a", "models.10.a", "models.0.a.x"]
        let file = try HDF5File(creating: path)
        for name in names {
            try file.createDataset("/parameters/" + name, holding: [Float(1)], shape: [1])
        }
        try file.finish()
        let read = try HDF5File(reading: path)
        #expect(
            try read.names(in: "/parameters")
                == ["models.0.a", "models.0.a.x", "models.0.b", "models.10.a"])
        #expect(try read.kind(of: "/parameters") == .group)
        #expect(try read.kind(of: "/parameters/models.0.a") == .dataset)
        #expect(try read.kind(of: "/parameters/models.0.a/below") == nil)
        #expect(try read.exists("/nowhere/at/all") == false)
        #expect(try read.exists("/") == true)
    }

    @Test("strings and attributes keep their letters")
    func strings() throws {
        let path = folder.file("strings.h5")
        let words = ["", "twelve", "Zürich 東京"]
        let file = try HDF5File(creating: path)
        try file.createDataset("/words", holding: words)
        try file.setAttribute("config", to: .string("kind: x\n# ü"))
        try file.setAttribute("seed", to: .integer(-7), of: "/words")
        try file.setAttribute("rate", to: .float(0.1))
        try file.finish()
        let read = try HDF5File(reading: path)
        #expect(try read.dataset("/words").readStrings() == words)
        #expect(try read.attribute("config") == .string("kind: x\n# ü"))
        #expect(try read.attribute("seed", of: "/words") == .integer(-7))
        #expect(try read.attribute("rate") == .float(0.1))
        #expect(try read.attribute("absent") == nil)
    }

    @Test("a dataset grows clip by clip, compressed and checksummed, and any hyperslab reads back")
    func hyperslabs() throws {
        let path = folder.file("slabs.h5")
        let file = try HDF5File(creating: path)
        let storage = HDF5Storage(
            chunk: [1, 2, 3], isExtendable: true, deflate: 4, isChecksummed: true)
        let frames = try file.createDataset(
            "/frames", of: .uint8, shape: [0, 4, 3], storage: storage)
        for clip in 0..<5 {
            try frames.resize(to: [clip + 1, 4, 3])
            let bytes = (0..<12).map { UInt8(clip * 12 + $0) }
            try frames.write(bytes, at: [clip, 0, 0], count: [1, 4, 3])
        }
        try file.finish()
        let read = try HDF5File(reading: path).dataset("/frames")
        #expect(read.chunk == [1, 2, 3])
        #expect(read.filters.map(\.identifier) == [HDF5Filter.deflate, HDF5Filter.fletcher32])
        #expect(read.filters.first?.level == 4)
        #expect(try read.shape() == [5, 4, 3])
        #expect(try read.read(as: UInt8.self) == (0..<60).map { UInt8($0) })
        var window = [UInt8](repeating: 0, count: 6)
        try window.withUnsafeMutableBytes { memory in
            try read.read(into: memory, as: .uint8, offset: [3, 1, 0], count: [1, 2, 3])
        }
        #expect(window == [39, 40, 41, 42, 43, 44])
    }

    @Test("variable-length bytes come back with their lengths, empty ones too")
    func blobs() throws {
        let path = folder.file("blobs.h5")
        let blobs: [[UInt8]] = [[1, 2, 3], [], [9]]
        let file = try HDF5File(creating: path)
        let dataset = try file.createDataset(
            "/jpeg", of: .variableLength(.uint8), shape: [3])
        try dataset.write(blobs: blobs, at: 0)
        try file.finish()
        var bytes: [UInt8] = [77]
        let read = try HDF5File(reading: path).dataset("/jpeg")
        #expect(try read.readBlobs(0..<3, appendingTo: &bytes) == [3, 0, 1])
        #expect(bytes == [77, 1, 2, 3, 9])
        #expect(try read.blobLengths(0..<2) == [3, 0])
        #expect(try read.readBlobs(2..<3, appendingTo: &bytes) == [1])
    }

    @Test("a file that is never finished leaves nothing behind")
    func unfinished() throws {
        do {
            let file = try HDF5File(creating: folder.file("half.h5"))
            try file.createGroup("/train")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("eight threads read one file at once and all read the same")
    func threads() async throws {
        let path = folder.file("threads.h5")
        let values = (0..<4096).map { Float($0) }
        let file = try HDF5File(creating: path)
        try file.createDataset(
            "/x", holding: values, shape: [4096], storage: HDF5Storage(chunk: [64], deflate: 1))
        try file.finish()
        let dataset = try HDF5File(reading: path).dataset("/x")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { try dataset.read(as: Float.self) == values }
            }
            for try await same in group { #expect(same) }
        }
    }
}
