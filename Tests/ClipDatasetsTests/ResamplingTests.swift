import ClipDatasets
import Testing

/// What preparation should yield, in double and pixel by pixel.
struct ReferencePreparation {
    /// uint8 (time, height, width, channel)
    let pixels: [UInt8]
    let height: Int
    let width: Int

    private func stored(_ frame: Int, _ row: Int, _ column: Int, _ channel: Int) -> Double {
        let (y, x) = (min(max(row, 0), height - 1), min(max(column, 0), width - 1))
        return Double(pixels[((frame * height + y) * width + x) * 3 + channel]) / 255
    }

    /// Pixels along an axis and how much each counts.
    private func weights(_ center: Double, _ scale: Double, _ count: Int) -> [(Int, Double)] {
        if scale <= 2 {
            // Neighbours of the place; edges go on outside.
            let low = (center - 0.5).rounded(.down)
            let part = center - 0.5 - low
            return [(Int(low), 1 - part), (Int(low) + 1, part)]
        }
        let all = (0..<count).map { ($0, max(0, 1 - abs(Double($0) + 0.5 - center) / scale)) }
        let sum = all.reduce(0) { $0 + $1.1 }
        return all.map { ($0.0, $0.1 / sum) }
    }

    /// Colours from 0 to 1: (time, size, size, channel).
    func resized(_ view: ClipView, firstFrame: Int) -> [Double] {
        let (dy, dx) = (
            view.crop.height / Double(view.size), view.crop.width / Double(view.size)
        )
        var output: [Double] = []
        for frame in view.frames {
            for row in 0..<view.size {
                let rows = weights(view.crop.top + (Double(row) + 0.5) * dy, dy, height)
                for column in 0..<view.size {
                    let from = view.isFlipped ? view.size - 1 - column : column
                    let columns = weights(view.crop.left + (Double(from) + 0.5) * dx, dx, width)
                    for channel in 0..<3 {
                        var sum = 0.0
                        for (y, a) in rows {
                            for (x, b) in columns {
                                sum += a * b * stored(frame - firstFrame, y, x, channel)
                            }
                        }
                        output.append(sum)
                    }
                }
            }
        }
        return output
    }
}

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
                    for (found, unit) in zip(output, reference.resized(view, firstFrame: 1)) {
                        #expect(abs(Double(found) - (unit - 0.45) / 0.225) < 3e-6, "\(view)")
                    }
                }
            }
        }
    }
}
