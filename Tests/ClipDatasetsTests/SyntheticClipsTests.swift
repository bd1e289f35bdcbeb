import ClipDatasets
import Foundation
import Testing

@Suite("Synthetic clips")
struct SyntheticClipsTests {
    @Test("a seed gives the same file to the byte, another seed another")
    func deterministic() throws {
        let folder = try TemporaryFolder()
        let counts = SyntheticClips.Counts(train: 1, val: 1, test: 0)
        for (name, seed) in [("a.h5", UInt64(5)), ("b.h5", 5), ("c.h5", 6)] {
            try SyntheticClips(frames: 4, size: 16, seed: seed)
                .write(to: folder.file(name), counts: counts, storage: ClipStorage())
        }
        #expect(try folder.bytes(of: "a.h5") == folder.bytes(of: "b.h5"))
        #expect(try folder.bytes(of: "a.h5") != folder.bytes(of: "c.h5"))
        let dataset = try ClipDataset(path: folder.file("a.h5"))
        #expect(dataset.classNames.count == 12)
        #expect(dataset.splits.map(\.name) == ["train", "val"])
        #expect(try dataset.split("val").labels == Array(0..<12))
    }

    @Test("shapes in any colour have other colours in every clip, and are named by shape alone")
    func anyColor() {
        let clips = SyntheticClips(
            appearances: 2, motions: 2, frames: 1, size: 16, noise: 0, anyColor: true)
        #expect(clips.classNames == ["disc-right", "disc-left", "square-right", "square-left"])
        // The brightest pixel of a clip is the shape's: which channel leads there varies.
        let leaders = (0..<24).map { index in
            let pixels = clips.clip(split: 0, index: index, label: 0)
            let brightest = stride(from: 0, to: pixels.count, by: 3).max {
                pixels[$0..<$0 + 3].reduce(0) { $0 + Int($1) }
                    < pixels[$1..<$1 + 3].reduce(0) { $0 + Int($1) }
            }
            let channels = pixels[(brightest ?? 0)...].prefix(3)
            return channels.firstIndex(of: channels.max() ?? 0).map { $0 % 3 }
        }
        #expect(Set(leaders).count == 3)
    }

    @Test("no two splits and no two clips share pixels")
    func distinct() {
        let clips = SyntheticClips(frames: 1, size: 8)
        var seen: Set<[UInt8]> = []
        for split in 0..<3 {
            for index in 0..<20 {
                seen.insert(clips.clip(split: split, index: index, label: 0))
            }
        }
        #expect(seen.count == 60)
    }

    /// At every moment the clips of all motions have the same mean picture but for chance, while
    /// two moments together differ: the shape has gone where the motion leads.
    @Test("one frame tells nothing of the motion, two frames do")
    func motionIsInTheOrder() {
        let size = 16
        let clips = SyntheticClips(
            appearances: 1, motions: 8, frames: 4, size: size, seed: 2, noise: 0)
        let count = 80
        var means: [[Double]] = []
        for label in 0..<8 {
            var mean = [Double](repeating: 0, count: 4)
            for index in 0..<count {
                let pixels = clips.clip(split: 0, index: label * count + index, label: label)
                for frame in 0..<4 {
                    let bytes = pixels[frame * size * size * 3..<(frame + 1) * size * size * 3]
                    mean[frame] += bytes.reduce(0) { $0 + Double($1) } / Double(bytes.count * count)
                }
            }
            means.append(mean)
        }
        for mean in means {
            for frame in 0..<4 { #expect(abs(mean[frame] - means[0][0]) < 8) }
        }
        // With equal draws, a shape that moves right ends where one that moves left does not.
        let right = clips.clip(split: 0, index: 0, label: 0)
        let left = clips.clip(split: 0, index: 0, label: 1)
        let frameBytes = size * size * 3
        #expect(right.prefix(frameBytes) == left.prefix(frameBytes))
        #expect(right.suffix(frameBytes) != left.suffix(frameBytes))
    }
}
