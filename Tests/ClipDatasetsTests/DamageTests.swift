import ClipDatasets
import Foundation
import Testing

@Suite("A damaged dataset is refused or read, and never ends the program")
struct DamageTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func readAll(_ path: String) throws {
        let dataset = try ClipDataset(path: path)
        _ = try dataset.digest()
        for split in dataset.splits {
            for index in 0..<min(split.count, 8) {
                let clip = try split.readClip(index, frames: 0..<1)
                if clip.decodedByteCount < 1 << 20 { _ = try clip.decoded() }
            }
        }
    }

    @Test("cut short at any length", arguments: ClipLayout.allCases)
    func truncation(layout: ClipLayout) throws {
        try SampleClips.write(folder.file("sound.h5"), storage: ClipStorage(layout: layout))
        let bytes = try folder.bytes(of: "sound.h5")
        for length in stride(from: 0, to: bytes.count, by: 211) {
            try folder.write(Array(bytes.prefix(length)), to: "cut.h5")
            let error = #expect(throws: ClipDatasetError.self) {
                try readAll(folder.file("cut.h5"))
            }
            #expect(error?.description.contains("cut.h5") == true)
        }
    }

    @Test("with random bytes flipped", arguments: ClipLayout.allCases)
    func flips(layout: ClipLayout) throws {
        try SampleClips.write(folder.file("sound.h5"), storage: ClipStorage(layout: layout))
        let bytes = try folder.bytes(of: "sound.h5")
        var state: UInt64 = 11
        func random(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        var refused = 0
        for _ in 0..<150 {
            var damaged = bytes
            for _ in 0..<8 { damaged[random(below: bytes.count)] ^= UInt8(1 + random(below: 255)) }
            try folder.write(damaged, to: "flipped.h5")
            do {
                try readAll(folder.file("flipped.h5"))
            } catch is ClipDatasetError {
                refused += 1
            } catch is ClipDecodingError {
                refused += 1
            }
        }
        #expect(refused > 15)
    }
}
