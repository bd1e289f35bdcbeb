import ClipDatasets
import Testing

@Suite("Resizing")
struct ResamplingTests {
    @Test("any crop is resized and mirrored as a slow loop does it, of stored frames and of JPEGs")
    func resampling() throws {
        let folder = try TemporaryFolder()
        for (name, storage) in [
            ("frames.h5", ClipStorage()), ("jpeg.h5", ClipStorage(layout: .jpeg)),
        ] {
            try SampleClips.write(folder.file(name), storage: storage)
            let split = try ClipDataset(path: folder.file(name)).split("train")
            let clip = try split.readClip(2, frames: 1..<5)
            let reference = ReferencePreparation(
                pixels: try clip.decoded(), height: split.height, width: split.width)
            var scratch = ClipScratch()
            for (crop, size) in [
                (ClipCrop(top: 0, left: 0, height: 6, width: 8), 6),
                (ClipCrop(top: 0, left: 0, height: 6, width: 8), 17),
                (ClipCrop(top: 0, left: 0, height: 6, width: 8), 2),
                (ClipCrop(top: 0, left: 0, height: 6, width: 8), 1),
                (ClipCrop(top: 1.25, left: 2.5, height: 3.5, width: 3.5), 5),
                (ClipCrop(top: 0.5, left: 0, height: 4, width: 8), 4),
                (ClipCrop(top: 5.5, left: 7.25, height: 0.5, width: 0.75), 3),
                (ClipCrop(top: 1, left: 1, height: 5, width: 7), 2),
            ] {
                for isFlipped in [false, true] {
                    let view = ClipView(
                        frames: [1, 1, 3, 4], crop: crop, size: size, isFlipped: isFlipped)
                    var output = [Float](repeating: .nan, count: 4 * size * size * 3)
                    try output.withUnsafeMutableBufferPointer {
                        try clip.prepare(view, scratch: &scratch, into: $0)
                    }
                    let wanted = reference.resized(view, firstFrame: 1)
                    #expect(
                        ReferencePreparation.isClose(output, wanted, tolerance: 3e-6), "\(view)")
                }
            }
        }
    }
}
