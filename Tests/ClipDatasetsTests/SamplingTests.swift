import ClipDatasets
import Testing

@Suite("Strides, scales and positions of views")
struct SamplingTests {
    private let clip = (frames: 40, height: 24, width: 32)

    private func views(
        _ sampling: ClipSampling, count: Int = 2000, clip: ClipSampling.StoredShape
    ) throws -> [ClipView] {
        try (0..<count).map { try sampling.view(seed: 4, epoch: 2, sample: $0, clip: clip) }
    }

    private func isInside(_ crop: ClipCrop, _ clip: ClipSampling.StoredShape) -> Bool {
        crop.top >= 0 && crop.left >= 0 && crop.height > 0 && crop.width > 0
            && crop.top + crop.height <= Double(clip.height) * (1 + 1e-12)
            && crop.left + crop.width <= Double(clip.width) * (1 + 1e-12)
    }

    @Test("every so-many-th frame is seen, and only the frames around them are asked for")
    func stride() throws {
        let sampling = ClipSampling(frames: 4, size: 16, stride: 5)
        var starts: Set<Int> = []
        for view in try views(sampling, clip: clip) {
            let first = view.frames[0]
            #expect(view.frames == [first, first + 5, first + 10, first + 15])
            #expect(view.span == first..<first + 16)
            starts.insert(first)
        }
        #expect(starts == Set(0...24))
        let middle = try ClipSampling.evaluation(frames: 4, size: 16, stride: 5)
            .view(seed: 1, epoch: 0, sample: 0, clip: clip)
        #expect(middle.frames == [12, 17, 22, 27])
    }

    @Test("a jittered stride is drawn around the stride, no longer than the clip")
    func jitteredStride() throws {
        var sampling = ClipSampling(frames: 5, size: 16, stride: 8)
        sampling.strideJitter = 0.5
        // Strides from 4 to 12 are asked for; 39 / 4 is what fits.
        var lengths: Set<Int> = []
        for view in try views(sampling, clip: clip) {
            #expect(view.frames[0] >= 0 && view.frames[4] < 40)
            let gaps = zip(view.frames, view.frames.dropFirst()).map { $1 - $0 }
            #expect((gaps.max() ?? 0) - (gaps.min() ?? 0) <= 1, "steps are even: \(gaps)")
            lengths.insert(view.frames[4] - view.frames[0])
        }
        #expect(lengths == Set(16...38) || lengths == Set(16...39))
        // Without jitter nothing else changes.
        let plain = try ClipSampling(frames: 5, size: 16, stride: 8)
            .view(seed: 4, epoch: 2, sample: 3, clip: clip)
        let varied = try sampling.view(seed: 4, epoch: 2, sample: 3, clip: clip)
        #expect(plain.crop == varied.crop && plain.isFlipped == varied.isFlipped)
        // Strides below one repeat frames.
        var slow = ClipSampling(frames: 8, size: 16)
        slow.strideJitter = 0.9
        let repeats = try views(slow, count: 100, clip: clip).filter { Set($0.frames).count < 8 }
        #expect(!repeats.isEmpty)
        #expect(repeats.allSatisfy { $0.frames == $0.frames.sorted() })
    }

    @Test("scale jitter takes squares of all sizes, anywhere in the frame, larger clips or smaller")
    func scaleJitter() throws {
        for shape in [clip, (frames: 40, height: 300, width: 200)] {
            var sampling = ClipSampling(frames: 4, size: 16)
            sampling.scaling = .jitter(20...40)
            let short = Double(min(shape.height, shape.width))
            let views = try views(sampling, clip: shape)
            let scales = views.map { 16 * short / $0.crop.width }
            #expect(scales.allSatisfy { (19.999...40.001).contains($0) })
            #expect((29.5...30.5).contains(scales.reduce(0, +) / 2000), "uniform")
            #expect((scales.min() ?? 0) < 20.1 && (scales.max() ?? 0) > 39.9)
            #expect(
                views.allSatisfy { isInside($0.crop, shape) && $0.crop.height == $0.crop.width })
            let rows = views.map { $0.crop.top / (Double(shape.height) - $0.crop.height) }
            let columns = views.map { $0.crop.left / (Double(shape.width) - $0.crop.width) }
            for places in [rows, columns] {
                #expect((0.48...0.52).contains(places.reduce(0, +) / 2000))
                #expect((places.min() ?? 1) < 0.01 && (places.max() ?? 0) > 0.99)
            }
            sampling.crop = .center
            let middle = try sampling.view(seed: 4, epoch: 2, sample: 0, clip: shape).crop
            #expect(middle.width == views[0].crop.width)
            #expect(abs(middle.left + middle.width / 2 - Double(shape.width) / 2) < 1e-9)
        }
        // The frame's whole short side, to the last bit.
        var whole = ClipSampling(frames: 1, size: 7)
        whole.scaling = .jitter(7...7)
        for view in try views(whole, count: 100, clip: (1, 33, 23)) {
            #expect(view.crop.width == 23 && view.crop.left == 0)
        }
    }

    @Test("random resized crops have the drawn areas and ratios, in whole pixels inside the frame")
    func area() throws {
        let shape = (frames: 4, height: 200, width: 300)
        var sampling = ClipSampling(frames: 4, size: 16)
        sampling.scaling = .area(0.1...0.5, aspect: 0.5...2)
        let crops = try views(sampling, clip: shape).map(\.crop)
        let areas = crops.map { $0.height * $0.width / 60_000 }
        let ratios = crops.map { $0.width / $0.height }
        #expect(areas.allSatisfy { (0.098...0.502).contains($0) })
        #expect((0.29...0.31).contains(areas.reduce(0, +) / 2000))
        #expect(ratios.allSatisfy { (0.49...2.04).contains($0) })
        let wide = ratios.filter { $0 > 1 }.count
        #expect((900...1150).contains(wide), "a ratio and its inverse are as likely: \(wide)")
        #expect(
            crops.allSatisfy {
                isInside($0, shape)
                    && [$0.top, $0.left, $0.height, $0.width].allSatisfy {
                        $0 == $0.rounded()
                    }
            })
        let movable = crops.filter { $0.height < 200 }
        let rows = movable.map { $0.top / (200 - $0.height) }
        #expect((0.46...0.54).contains(rows.reduce(0, +) / Double(rows.count)))
    }

    @Test(
        "where no random resized crop fits, the largest of an allowed ratio in the middle is taken")
    func fallback() throws {
        var sampling = ClipSampling(frames: 1, size: 4)
        sampling.scaling = .area(1...1, aspect: 0.75...1.25)
        func crop(_ height: Int, _ width: Int) throws -> ClipCrop {
            try sampling.view(seed: 1, epoch: 0, sample: 0, clip: (1, height, width)).crop
        }
        #expect(try crop(40, 100) == ClipCrop(top: 0, left: 25, height: 40, width: 50))
        #expect(try crop(100, 30) == ClipCrop(top: 30, left: 0, height: 40, width: 30))
        #expect(try crop(1, 1) == ClipCrop(top: 0, left: 0, height: 1, width: 1))
    }

    @Test("evaluation enlarges the middle of frames that are smaller than the input")
    func smallFrames() throws {
        let view = try ClipSampling.evaluation(frames: 4, size: 30)
            .view(seed: 1, epoch: 0, sample: 0, clip: clip)
        #expect(view.crop == ClipCrop(top: 0, left: 4, height: 24, width: 24) && view.size == 30)
    }

    @Test("several views of a clip lie evenly over its time and along its longer side")
    func positions() throws {
        let sampling = ClipSampling.evaluation(frames: 4, size: 16, stride: 2)
        func view(_ t: Int, _ n: Int, _ s: Int, _ m: Int, clip: ClipSampling.StoredShape)
            throws -> ClipView
        {
            try sampling.view(temporal: t, of: n, spatial: s, of: m, sample: 0, clip: clip)
        }
        #expect(try (0..<4).map { try view($0, 4, 0, 1, clip: clip).frames[0] } == [0, 11, 22, 33])
        #expect(try view(3, 4, 0, 1, clip: clip).frames == [33, 35, 37, 39])
        let wide = try (0..<3).map { try view(0, 1, $0, 3, clip: clip).crop }
        #expect(wide.map(\.left) == [0, 4, 8])
        #expect(wide.allSatisfy { $0.top == 0 && $0.height == 24 && $0.width == 24 })
        let tall = try (0..<3).map { try view(0, 1, $0, 3, clip: (40, 32, 24)).crop }
        #expect(tall.map(\.top) == [0, 4, 8])
        #expect(tall.allSatisfy { $0.left == 0 && $0.height == 24 && $0.width == 24 })
        for shape in [clip, (40, 15, 16), (41, 17, 16)] {
            let middle = try sampling.view(seed: 1, epoch: 0, sample: 0, clip: shape)
            #expect(try view(0, 1, 0, 1, clip: shape) == middle)
        }
    }

    @Test("whatever is drawn, a view stays in its clip and can be prepared")
    func fuzz() throws {
        let folder = try TemporaryFolder()
        try SampleClips.write(folder.file("x.h5"), storage: ClipStorage())
        let split = try ClipDataset(path: folder.file("x.h5")).split("train")
        let whole = try split.readClip(0)
        var scratch = ClipScratch()
        for number in 0..<3000 {
            let part = { (prime: Int) in Double(number * prime % 1000) / 1000 }
            var sampling = ClipSampling(
                frames: 1 + number % 5, size: 1 + number / 5 % 12,
                window: number % 7 == 0 ? .center : .random,
                crop: number % 3 == 0 ? .center : .random)
            sampling.strideJitter = number % 2 == 0 ? 0 : part(7)
            let low = Double(sampling.size) * (1 + 4 * part(13))
            switch number % 4 {
            case 0: sampling.scaling = .jitter(low...low * (1 + part(17)))
            case 1:
                sampling.scaling = .area(
                    0.001 + part(19) / 2...1, aspect: 0.1 + part(23)...2 + 8 * part(29))
            case 2: sampling.scaling = .shortSide
            default: sampling.scaling = .stored
            }
            let view = try sampling.view(
                seed: UInt64(number), epoch: number % 11, sample: number,
                clip: (split.frames, split.height, split.width))
            #expect(isInside(view.crop, (split.frames, split.height, split.width)))
            let pixels = sampling.size * sampling.size * 3
            var output = [Float](repeating: .nan, count: sampling.frames * pixels)
            try output.withUnsafeMutableBufferPointer {
                try whole.prepare(view, scratch: &scratch, into: $0)
            }
            #expect(output.allSatisfy { (-2.01...2.45).contains($0) }, "\(view)")
        }
    }
}
