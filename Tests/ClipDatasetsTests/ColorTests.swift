import ClipDatasets
import Testing

@Suite("Colour and blur")
struct ColorTests {
    private func output(_ clip: EncodedClip, _ view: ClipView) throws -> [Float] {
        var scratch = ClipScratch()
        var output = [Float](
            repeating: .nan, count: view.frames.count * view.size * view.size * 3)
        try output.withUnsafeMutableBufferPointer {
            try clip.prepare(view, scratch: &scratch, into: $0)
        }
        return output
    }

    @Test("colours are varied, then blurred, then normalised, as slow loops do it")
    func preparation() throws {
        let folder = try TemporaryFolder()
        try SampleClips.write(folder.file("x.h5"), storage: ClipStorage())
        let split = try ClipDataset(path: folder.file("x.h5")).split("train")
        let clip = try split.readClip(3)
        let reference = ReferencePreparation(
            pixels: try clip.decoded(), height: split.height, width: split.width)
        let colors = [
            ClipColor.plain, ClipColor(brightness: 1.7), ClipColor(brightness: 0),
            ClipColor(contrast: 1.6), ClipColor(contrast: 0), ClipColor(saturation: 1.9),
            ClipColor(saturation: 0),
            ClipColor(brightness: 0.7, contrast: 1.8, saturation: 0.4),
        ]
        for crop in [
            ClipCrop(top: 1, left: 2, height: 5, width: 5),
            ClipCrop(top: 0.5, left: 1.5, height: 4.5, width: 6.25),
        ] {
            for color in colors {
                for blur in [0, 0.2, 0.8, 2.5] {
                    let view = ClipView(
                        frames: [0, 2, 4], crop: crop, size: 5, isFlipped: true, color: color,
                        blur: blur)
                    var wanted = reference.resized(view, firstFrame: 0)
                    if color != .plain { wanted = reference.varied(wanted, color) }
                    if blur > 0 {
                        wanted = reference.blurred(wanted, size: 5, deviation: blur)
                    }
                    #expect(
                        ReferencePreparation.isClose(
                            try output(clip, view), wanted, tolerance: 5e-6), "\(view)")
                }
            }
        }
    }

    @Test("factors are drawn evenly about 1, one by one, and leave the other draws as they are")
    func draws() throws {
        var sampling = ClipSampling(frames: 2, size: 4)
        let shape = (frames: 9, height: 8, width: 12)
        let plain = try sampling.view(seed: 8, epoch: 3, sample: 17, clip: shape)
        #expect(plain.color == .plain && plain.blur == 0)
        (sampling.brightness, sampling.contrast, sampling.saturation) = (0.5, 0.25, 1)
        sampling.blur = 1.5
        let views = try (0..<4000).map {
            try sampling.view(seed: 8, epoch: 3, sample: $0, clip: shape)
        }
        #expect(views[17].crop == plain.crop && views[17].frames == plain.frames)
        #expect(views.allSatisfy { $0.blur == 1.5 })
        let factors: [(Float, [Float])] = [
            (0.5, views.map(\.color.brightness)), (0.25, views.map(\.color.contrast)),
            (1, views.map(\.color.saturation)),
        ]
        for (jitter, drawn) in factors {
            let scaled = drawn.map { ($0 - 1) / jitter }
            #expect(scaled.allSatisfy { (-1...1).contains($0) })
            #expect(abs(scaled.reduce(0, +) / 4000) < 0.03)
            #expect(abs(scaled.reduce(0) { $0 + $1 * $1 } / 4000 - 1 / 3) < 0.02)
            #expect((scaled.min() ?? 0) < -0.99 && (scaled.max() ?? 0) > 0.99)
        }
        let product = zip(factors[0].1, factors[1].1).map { ($0 - 1) * ($1 - 1) / 0.125 }
        #expect(abs(product.reduce(0, +) / 4000) < 0.03, "independent of each other")
    }

    @Test("parts of mixed clips follow Beta(alpha, alpha)", arguments: [0.02, 0.2, 0.8, 1, 1.5, 8])
    func mixture(alpha: Double) {
        let parts = (0..<20_000).map {
            Double(ClipDraws(seed: 2, epoch: 5, sample: $0).mixture(alpha: alpha))
        }
        #expect(parts.allSatisfy { (0...1).contains($0) })
        // Central moments of the symmetric Beta distribution.
        let second = 1 / (4 * (2 * alpha + 1))
        let fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3))
        func moment(_ power: Int) -> Double {
            parts.reduce(0) { sum, part in
                sum + (0..<power).reduce(1) { product, _ in product * (part - 0.5) }
            } / 20_000
        }
        #expect(abs(moment(1)) < 4 * (second / 20_000).squareRoot())
        #expect(abs(moment(2) - second) < 4 * (fourth / 20_000).squareRoot() + 1e-4)
        #expect(abs(moment(4) - fourth) < 0.04 * fourth)
        let again = ClipDraws(seed: 2, epoch: 5, sample: 7).mixture(alpha: alpha)
        #expect(Double(again) == parts[7])
        #expect(
            ClipDraws(seed: 2, epoch: 6, sample: 7).mixture(alpha: alpha) != again || alpha < 0.1)
    }

    @Test("blurs that are none are refused")
    func refused() throws {
        let folder = try TemporaryFolder()
        try SampleClips.write(folder.file("x.h5"), storage: ClipStorage())
        let clip = try ClipDataset(path: folder.file("x.h5")).split("train").readClip(0)
        for blur in [-1, .nan, .infinity, 1e12] {
            let view = ClipView(
                frames: [0], crop: ClipCrop(top: 0, left: 0, height: 4, width: 4), size: 4,
                isFlipped: false, blur: blur)
            #expect(throws: ClipDecodingError.self) { try output(clip, view) }
        }
    }
}
