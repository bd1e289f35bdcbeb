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
            let (top, left) = (Int(view.crop.top), Int(view.crop.left))
            #expect(
                view
                    == ClipView(
                        frames: view.span, top: top, left: left, size: 5,
                        isFlipped: view.isFlipped))
            #expect(view.span.lowerBound >= 0 && view.span.upperBound <= 9)
            #expect(view.frames.count == 4)
            #expect(top >= 0 && top + 5 <= 8 && left >= 0 && left + 5 <= 12)
            starts.insert(view.span.lowerBound)
            corners.insert([top, left])
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

    @Test("draws of window, crop and mirroring keep their values")
    func pinned() throws {
        // Computed from the paper's Philox: multiply and shift of words 0 to 2, the top bit of word 3.
        let wanted = [
            (1, 3, 6, false),
            (5, 2, 2, false),
            (0, 3, 4, false),
            (3, 3, 4, false),
            (5, 2, 3, true),
            (4, 1, 5, true),
        ]
        for (sample, (first, top, left, isFlipped)) in wanted.enumerated() {
            let view = ClipView(
                frames: first..<first + 4, top: top, left: left, size: 5, isFlipped: isFlipped)
            #expect(try sampling.view(seed: 3, epoch: 1, sample: sample, clip: clip) == view)
        }
    }

    @Test("a clip too short is refused with the remedy")
    func tooShort() throws {
        let short = #expect(throws: ClipDecodingError.self) {
            try sampling.view(seed: 1, epoch: 0, sample: 6, clip: (3, 8, 8))
        }
        #expect(short?.description.contains("clip 6") == true)
        var every = sampling
        every.stride = 3
        #expect(throws: ClipDecodingError.self) {
            try every.view(seed: 1, epoch: 0, sample: 6, clip: clip)
        }
        #expect(throws: ClipDecodingError.self) {
            try every.view(temporal: 0, of: 1, spatial: 0, of: 1, sample: 6, clip: clip)
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
                var scratch = ClipScratch()
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
        var scratch = ClipScratch()
        var output = [Float](repeating: 0, count: 2 * 4 * 4 * 3)
        for view in [
            ClipView(frames: 0..<2, top: 0, left: 0, size: 4, isFlipped: false),
            ClipView(frames: 1..<3, top: 3, left: 0, size: 4, isFlipped: false),
            ClipView(frames: 1..<3, top: 0, left: -1, size: 4, isFlipped: false),
            ClipView(frames: 1..<3, top: 0, left: 0, size: 3, isFlipped: false),
            part(frames: [2, 1]), part(frames: [1, 3]), part(frames: []), part(top: 2.5),
            part(height: 0), part(height: .nan), part(top: -.infinity), part(height: 1e300),
        ] {
            #expect(throws: ClipDecodingError.self) {
                try output.withUnsafeMutableBufferPointer {
                    try clip.prepare(view, scratch: &scratch, into: $0)
                }
            }
        }
    }

    /// A view that is sound but for what is said.
    private func part(
        frames: [Int] = [1, 2], top: Double = 0, height: Double = 4.5
    ) -> ClipView {
        ClipView(
            frames: frames, crop: ClipCrop(top: top, left: 0, height: height, width: 4.5),
            size: 4, isFlipped: false)
    }
}
