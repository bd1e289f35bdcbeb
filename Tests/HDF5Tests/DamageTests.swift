import Foundation
import HDF5
import Testing

@Suite("A damaged file is refused or read, and never ends the program")
struct DamageTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sample() throws -> [UInt8] {
        let file = try HDF5File(creating: folder.file("sound.h5"))
        let frames = (0..<96).map { UInt8($0) }
        try file.createDataset(
            "/train/frames", holding: frames, shape: [2, 4, 2, 2, 3],
            storage: HDF5Storage(chunk: [1, 4, 2, 2, 3], deflate: 1, isChecksummed: true))
        try file.createDataset("/train/labels", holding: [Int64(3), 4], shape: [2])
        try file.createDataset("/class_names", holding: ["a", "b"])
        try file.setAttribute("format", to: .string("slowfast-clips"))
        try file.finish()
        return try folder.bytes(of: "sound.h5")
    }

    /// Reads everything there is; throws at the first thing that cannot be read.
    private func readAll(_ path: String) throws {
        let file = try HDF5File(reading: path)
        _ = try file.attribute("format")
        _ = try file.names(in: "/train")
        _ = try file.dataset("/train/frames").read(as: UInt8.self)
        _ = try file.dataset("/train/labels").read(as: Int64.self)
        _ = try file.dataset("/class_names").readStrings()
    }

    @Test("cut short at any length, it is refused with its name")
    func truncation() throws {
        let bytes = try sample()
        let path = folder.file("cut.h5")
        for length in stride(from: 0, to: bytes.count, by: 37) {
            try folder.write(Array(bytes.prefix(length)), to: "cut.h5")
            let error = try #require(throws: HDF5Error.self, "at \(length) bytes") {
                try readAll(path)
            }
            #expect(error.path == path)
        }
        try folder.write(Array(bytes.prefix(bytes.count - 1)), to: "cut.h5")
        #expect(throws: HDF5Error.self) { try readAll(path) }
    }

    @Test("with random bytes flipped, it is refused or read")
    func flips() throws {
        let bytes = try sample()
        var state: UInt64 = 7
        func random(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        var refused = 0
        for round in 0..<300 {
            var damaged = bytes
            for _ in 0...(round % 4) {
                damaged[random(below: bytes.count)] ^= UInt8(1 + random(below: 255))
            }
            try folder.write(damaged, to: "flipped.h5")
            do { try readAll(folder.file("flipped.h5")) } catch is HDF5Error { refused += 1 }
        }
        #expect(refused > 50)
    }
}
