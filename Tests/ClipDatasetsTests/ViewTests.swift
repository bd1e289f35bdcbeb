import ClipDatasets
import Testing

@Suite("What a network sees of a clip")
struct ViewTests {
    private let sampling = ClipSampling(frames: 4, size: 5)
    private let clip = (frames: 9, height: 8, width: 12)

    @Test("a view is a function of seed, epoch and sample, whatever was drawn before")
    func pure() throws {
        var views: [ClipView] = []
        for sample in 0..<50 {
            views.append(try sampling.view(seed: 3, epoch: 1, sample: sample, clip: clip))
        }
        for sample in (0..<50).reversed() {
            #expect(
                try sampling.view(seed: 3, epoch: 1, sample: sample, clip: clip) == views[sample])
        }
        #expect(try sampling.view(seed: 3, epoch: 2, sample: 0, clip: clip) != views[0])
        #expect(Set(views).count > 40)
    }

    @Test("views stay inside the clip and reach every corner of it")
    func reach() throws {
        var starts: Set<Int> = []
        var corners: Set<[Int]> = []
        var flipped = 0
        for sample in 0..<2000 {
            let view = try sampling.view(seed: 9, epoch: 0, sample: sample, clip: clip)
            #expect(view.frames.lowerBound >= 0 && view.frames.upperBound <= 9)
            #expect(view.frames.count == 4)
            #expect(view.top >= 0 && view.top + 5 <= 8 && view.left >= 0 && view.left + 5 <= 12)
            starts.insert(view.frames.lowerBound)
            corners.insert([view.top, view.left])
            flipped += view.isFlipped ? 1 : 0
        }
        #expect(starts.count == 6)
        #expect(corners.count == 4 * 8)
        #expect((900...1100).contains(flipped))
    }

    @Test("evaluation looks at the middle")
    func middle() throws {
        let view = try ClipSampling.evaluation(frames: 4, size: 5)
            .view(seed: 1, epoch: 7, sample: 5, clip: clip)
        #expect(view == ClipView(frames: 2..<6, top: 1, left: 3, size: 5, isFlipped: false))
    }

    @Test("a clip too short or too small is refused with the remedy")
    func tooSmall() throws {
        let short = #expect(throws: ClipDecodingError.self) {
            try sampling.view(seed: 1, epoch: 0, sample: 6, clip: (3, 8, 8))
        }
        #expect(short?.description.contains("clip 6") == true)
        #expect(throws: ClipDecodingError.self) {
            try sampling.view(seed: 1, epoch: 0, sample: 6, clip: (9, 4, 8))
        }
    }

    @Test("input is cropped, mirrored and normalised as a slow loop does it")
    func preparation() throws {
        let folder = try TemporaryFolder()
        for (name, storage) in [
            ("frames.h5", ClipStorage()), ("jpeg.h5", ClipStorage(layout: .jpeg)),
        ] {
            try SampleClips.write(folder.file(name), storage: storage)
            let split = try ClipDataset(path: folder.file(name)).split("train")
            for isFlipped in [false, true] {
                let view = ClipView(frames: 2..<4, top: 1, left: 3, size: 4, isFlipped: isFlipped)
                let clip = try split.readClip(1, frames: 1..<5)
                var scratch: [UInt8] = []
                var output = [Float](repeating: .nan, count: 2 * 4 * 4 * 3)
                try output.withUnsafeMutableBufferPointer {
                    try clip.prepare(view, scratch: &scratch, into: $0)
                }
                let pixels = try clip.decoded()
                for place in output.indices {
                    let (channel, pixel) = (place % 3, place / 3)
                    let (column, row, frame) = (pixel % 4, pixel / 4 % 4, pixel / 16)
                    let from = isFlipped ? 3 - column : column
                    let byte = pixels[
                        (((frame + 1) * 6 + row + 1) * 8 + from + 3) * 3 + channel]
                    let expected = (Double(byte) / 255 - 0.45) / 0.225
                    #expect(abs(Double(output[place]) - expected) < 1e-6)
                }
            }
        }
    }

    @Test("a view outside the frames that were sent, or memory of another size, is refused")
    func outside() throws {
        let folder = try TemporaryFolder()
        try SampleClips.write(folder.file("x.h5"), storage: ClipStorage())
        let split = try ClipDataset(path: folder.file("x.h5")).split("train")
        let clip = try split.readClip(0, frames: 1..<3)
        var scratch: [UInt8] = []
        var output = [Float](repeating: 0, count: 2 * 4 * 4 * 3)
        for view in [
            ClipView(frames: 0..<2, top: 0, left: 0, size: 4, isFlipped: false),
            ClipView(frames: 1..<3, top: 3, left: 0, size: 4, isFlipped: false),
            ClipView(frames: 1..<3, top: 0, left: -1, size: 4, isFlipped: false),
            ClipView(frames: 1..<3, top: 0, left: 0, size: 3, isFlipped: false),
        ] {
            #expect(throws: ClipDecodingError.self) {
                try output.withUnsafeMutableBufferPointer {
                    try clip.prepare(view, scratch: &scratch, into: $0)
                }
            }
        }
    }
}
