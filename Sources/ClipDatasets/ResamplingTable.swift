import CKernels

/// One axis of a resizing: each output pixel is a weighted sum of `taps` successive stored ones.
///
/// Bilinear with half-pixel centres, as PyTorch's `F.interpolate(mode="bilinear",
/// align_corners=False)`: output i samples the place (i + 0.5) * scale - 0.5 of the crop. What
/// shrinks to less than half would miss pixels between the two it reads; there the triangle is
/// widened by the scale and takes them all in, as Pillow and `antialias=True` do. Pixels beside the
/// crop count as long as they are in the frame, whose edge pixels go on outside it.
struct ResamplingTable {
    let taps: Int
    /// The first stored pixel of each output pixel.
    private(set) var first: [Int] = []
    /// (output, tap)
    private(set) var weights: [Float] = []

    /// - Parameters:
    ///   - stored: pixels of the stored frame along the axis.
    ///   - start, length: where the crop begins, and its length.
    ///   - count: output pixels.
    ///   - isReversed: whether the output is mirrored.
    ///   - factor: what all weights are multiplied by.
    init(
        stored: Int, start: Double, length: Double, count: Int, isReversed: Bool = false,
        factor: Double = 1
    ) {
        let scale = length / Double(count)
        let isWide = scale > 2
        taps = min(stored, isWide ? Int(2 * scale) + 2 : 2)
        first.reserveCapacity(count)
        weights.reserveCapacity(count * taps)
        var row = [Double](repeating: 0, count: taps)
        for output in 0..<count {
            let place = isReversed ? count - 1 - output : output
            let center = start + (Double(place) + 0.5) * scale
            let from: Int
            if isWide {
                from = Self.triangle(center, scale, stored: stored, into: &row)
            } else {
                from = Self.pair(center, stored: stored, into: &row)
            }
            first.append(from)
            for weight in row { weights.append(Float(weight * factor)) }
        }
    }

    /// Weights of the two pixels beside a place.
    private static func pair(_ center: Double, stored: Int, into row: inout [Double]) -> Int {
        guard stored > 1 else {
            row[0] = 1
            return 0
        }
        let place = min(max(center - 0.5, 0), Double(stored - 1))
        let from = min(Int(place), stored - 2)
        row[1] = place - Double(from)
        row[0] = 1 - row[1]
        return from
    }

    /// Weights of a triangle that reaches `scale` to both sides, over the pixels that exist.
    private static func triangle(
        _ center: Double, _ scale: Double, stored: Int, into row: inout [Double]
    ) -> Int {
        let from = min(max(Int(center - scale + 0.5), 0), stored - row.count)
        var sum = 0.0
        for tap in row.indices {
            let distance = (Double(from + tap) + 0.5 - center).magnitude
            row[tap] = max(0, 1 - distance / scale)
            sum += row[tap]
        }
        for tap in row.indices { row[tap] /= sum }
        return from
    }

    /// Calls `body` with the table as the kernels take it.
    func withKernelTable<Result>(_ body: (UnsafePointer<lk_resampling>) -> Result) -> Result {
        first.withUnsafeBufferPointer { first in
            weights.withUnsafeBufferPointer { weights in
                var table = lk_resampling(
                    count: first.count, taps: taps, first: first.baseAddress,
                    weights: weights.baseAddress)
                return body(&table)
            }
        }
    }
}
