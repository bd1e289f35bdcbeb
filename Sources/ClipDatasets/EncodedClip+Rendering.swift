import CKernels

extension EncodedClip {
    /// Writes what a view shows of decoded pixels as a network's input.
    ///
    /// - Parameter places: where in `pixels` each frame of the view lies.
    func render(
        _ pixels: UnsafeBufferPointer<UInt8>, _ places: [Int], _ view: ClipView,
        _ normalization: ClipNormalization, _ scratch: inout [Float],
        into output: UnsafeMutableBufferPointer<Float>
    ) {
        guard let source = pixels.baseAddress, let target = output.baseAddress else { return }
        let isPlain = view.color == .plain && view.blur == 0
        if let crop = view.wholePixels {
            // Colours from 0 to 1 are what remains to be varied.
            let result = isPlain ? normalization : ClipNormalization(mean: 0, deviation: 1)
            cut(source, places, view, crop, result, into: target)
            if isPlain { return }
        } else {
            resample(source, places, view, &scratch, into: target)
        }
        if view.color != .plain { vary(view, into: target) }
        if view.blur > 0 { blur(view, &scratch, into: target) }
        lk_normalize_pixels(
            places.count * view.size * view.size, normalization.mean, normalization.deviation,
            target)
    }

    /// The crop as it is stored, normalised in the same pass.
    private func cut(
        _ pixels: UnsafePointer<UInt8>, _ places: [Int], _ view: ClipView,
        _ crop: (top: Int, left: Int), _ normalization: ClipNormalization,
        into output: UnsafeMutablePointer<Float>
    ) {
        let (mean, deviation) = (normalization.mean, normalization.deviation)
        var kernelView = lk_clip_view()
        (kernelView.height, kernelView.width) = (height, width)
        (kernelView.crop_top, kernelView.crop_left) = crop
        (kernelView.crop_height, kernelView.crop_width) = (view.size, view.size)
        kernelView.flip = view.isFlipped ? 1 : 0
        kernelView.mean = (mean, mean, mean)
        kernelView.deviation = (deviation, deviation, deviation)
        lk_normalize_clip(&kernelView, pixels, places, places.count, output)
    }

    /// The crop resized, in colours from 0 to 1.
    private func resample(
        _ pixels: UnsafePointer<UInt8>, _ places: [Int], _ view: ClipView,
        _ scratch: inout [Float], into output: UnsafeMutablePointer<Float>
    ) {
        scratch.reserve(ClipFormat.channels * width)
        let rows = ResamplingTable(
            stored: height, start: view.crop.top, length: view.crop.height, count: view.size,
            factor: 1 / 255)
        let columns = ResamplingTable(
            stored: width, start: view.crop.left, length: view.crop.width, count: view.size,
            isReversed: view.isFlipped)
        rows.withKernelTable { rows in
            columns.withKernelTable { columns in
                for (number, place) in places.enumerated() {
                    lk_resample_frame(
                        rows, columns, pixels + place * frameBytes, width, &scratch,
                        output + number * view.frameFloats)
                }
            }
        }
    }

    /// Brightness, contrast and saturation. The mean grey is of what the view shows, brightened.
    private func vary(_ view: ClipView, into output: UnsafeMutablePointer<Float>) {
        let area = view.size * view.size
        var grey = 0.0
        for number in view.frames.indices {
            lk_brighten_pixels(
                area, view.color.brightness, output + number * view.frameFloats, &grey)
        }
        let mean = Float(grey / Double(view.frames.count * area))
        lk_color_pixels(
            view.frames.count * area, view.color.contrast, mean, view.color.saturation, output)
    }

    private func blur(
        _ view: ClipView, _ scratch: inout [Float], into output: UnsafeMutablePointer<Float>
    ) {
        let kernel = GaussianKernel(deviation: view.blur)
        let row = ClipFormat.channels * (view.size + 2 * kernel.radius)
        scratch.reserve(view.frameFloats + row)
        for number in view.frames.indices {
            lk_blur_frame(
                kernel.weights, kernel.radius, view.size, view.size,
                output + number * view.frameFloats, &scratch)
        }
    }
}

extension ClipView {
    fileprivate var frameFloats: Int { size * size * ClipFormat.channels }
}

extension [Float] {
    /// Makes room, losing what is here.
    fileprivate mutating func reserve(_ floats: Int) {
        if count < floats { self = [Float](repeating: 0, count: floats) }
    }
}
