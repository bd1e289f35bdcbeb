import ClipDatasets
import Foundation

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

    /// Whether an input is what colours from 0 to 1 become when they are normalised.
    static func isClose(_ input: [Float], _ unit: [Double], tolerance: Double) -> Bool {
        input.count == unit.count
            && zip(input, unit).allSatisfy { abs(Double($0) - ($1 - 0.45) / 0.225) < tolerance }
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

    /// Colours varied after each other, each cut to 0 ... 1; the mean is the whole clip's.
    func varied(_ unit: [Double], _ color: ClipColor) -> [Double] {
        func grey(_ x: [Double], _ pixel: Int) -> Double {
            0.299 * x[3 * pixel] + 0.587 * x[3 * pixel + 1] + 0.114 * x[3 * pixel + 2]
        }
        func cut(_ x: Double) -> Double { min(max(x, 0), 1) }
        let bright = unit.map { cut($0 * Double(color.brightness)) }
        let pixels = unit.count / 3
        let mean = (0..<pixels).reduce(0) { $0 + grey(bright, $1) } / Double(pixels)
        let contrast = Double(color.contrast)
        let contrasted = bright.map { cut(contrast * $0 + (1 - contrast) * mean) }
        let saturation = Double(color.saturation)
        return contrasted.indices.map {
            cut(saturation * contrasted[$0] + (1 - saturation) * grey(contrasted, $0 / 3))
        }
    }

    /// One sum over the square around each pixel, edges going on outside.
    func blurred(_ x: [Double], size: Int, deviation: Double) -> [Double] {
        let radius = Int((3 * deviation).rounded(.up))
        let offsets = Array(-radius...radius)
        let heights = offsets.map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
        let sum = heights.reduce(0, +)
        func inside(_ place: Int) -> Int { min(max(place, 0), size - 1) }
        return x.indices.map { at in
            let (channel, column, row) = (at % 3, at / 3 % size, at / 3 / size % size)
            let frame = at / 3 / size / size
            var result = 0.0
            for (a, dy) in zip(heights, offsets) {
                for (b, dx) in zip(heights, offsets) {
                    let (y, z) = (inside(row + dy), inside(column + dx))
                    result += a * b * x[((frame * size + y) * size + z) * 3 + channel]
                }
            }
            return result / (sum * sum)
        }
    }
}
