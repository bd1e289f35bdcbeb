import CKernels
import Tensors
import Testing

extension KernelTests {
    @Suite("clips")
    struct Clips {
        @Test(
            "chosen frames are cropped, mirrored and normalised",
            arguments: [false, true], KernelVariant.supported)
        func normalize(flip: Bool, variant: KernelVariant) throws {
            try variant.select()
            let (frames, height, width) = (4, 6, 50)
            let size = frames * height * width * 3
            let bytes = (0..<size).map { (i: Int) -> UInt8 in UInt8((i * 37 + i / 7) % 256) }
            for (top, left, cropHeight, cropWidth) in [(0, 0, 6, 50), (1, 2, 3, 5), (5, 49, 1, 1)] {
                var view = lk_clip_view(
                    height: height, width: width, crop_top: top, crop_left: left,
                    crop_height: cropHeight, crop_width: cropWidth, flip: flip ? 1 : 0,
                    mean: (0.45, 0.4, 0.5), deviation: (0.225, 0.2, 0.25))
                let index = [3, 0, 0]
                var out = [Float](repeating: .nan, count: 3 * cropHeight * cropWidth * 3)
                lk_normalize_clip(&view, bytes, index, 3, &out)
                let (mean, deviation): ([Float], [Float]) = ([0.45, 0.4, 0.5], [0.225, 0.2, 0.25])
                let wanted = out.indices.map { i in
                    let (c, column) = (i % 3, i / 3 % cropWidth)
                    let (row, frame) = (
                        i / 3 / cropWidth % cropHeight, i / 3 / cropWidth / cropHeight
                    )
                    let x = left + (flip ? cropWidth - 1 - column : column)
                    let byte = bytes[((index[frame] * height + top + row) * width + x) * 3 + c]
                    return (Double(byte) / 255 - Double(mean[c])) / Double(deviation[c])
                }
                expectClose(out, wanted, tolerance: 2e-7)
            }
        }
    }
}
