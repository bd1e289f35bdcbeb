import CKernels

/// How pixels become a network's input: (x / 255 - mean) / deviation.
public struct ClipNormalization: Hashable, Sendable {
    public var mean: Float
    public var deviation: Float

    public init(mean: Float = 0.45, deviation: Float = 0.225) {
        self.mean = mean
        self.deviation = deviation
    }
}

/// Memory for clips under preparation, kept by the caller from clip to clip.
public struct ClipScratch: Sendable {
    /// Decoded JPEGs, (time, height, width, channel).
    var pixels: [UInt8] = []
    /// Rows and frames on their way from stored pixels to the input.
    var floats: [Float] = []

    public init() {}
}

extension EncodedClip {
    /// Decodes what a view shows and writes it as a network's input.
    ///
    /// - Parameters:
    ///   - view: a view of the stored clip; its frames must be among those here.
    ///   - output: float32 (time, size, size, channel), exactly as many as the view shows.
    public func prepare(
        _ view: ClipView, normalization: ClipNormalization = ClipNormalization(),
        scratch: inout ClipScratch, into output: UnsafeMutableBufferPointer<Float>
    ) throws(ClipDecodingError) {
        try check(view, output)
        switch layout {
        case .frames:
            let places = view.frames.map { $0 - firstFrame }
            message.withUnsafeBufferPointer {
                let pixels = UnsafeBufferPointer(rebasing: $0[EncodedClip.headerBytes...])
                write(pixels, places, view, normalization, &scratch.floats, into: output)
            }
        case .jpeg:
            let (seen, places) = distinct(view.frames)
            let needed = seen.count * frameBytes
            if scratch.pixels.count < needed {
                scratch.pixels = [UInt8](repeating: 0, count: needed)
            }
            try scratch.pixels.withUnsafeMutableBufferPointer {
                (pixels) throws(ClipDecodingError) in
                try decodeJPEGs(seen, into: UnsafeMutableBufferPointer(rebasing: pixels[..<needed]))
            }
            scratch.pixels.withUnsafeBufferPointer {
                write($0, places, view, normalization, &scratch.floats, into: output)
            }
        }
    }

    /// The frames here that are seen, each once, and which of them each frame of a view is.
    private func distinct(_ frames: [Int]) -> (seen: [Int], places: [Int]) {
        var seen: [Int] = []
        let places = frames.map { frame in
            if seen.last != frame - firstFrame { seen.append(frame - firstFrame) }
            return seen.count - 1
        }
        return (seen, places)
    }

    private func check(
        _ view: ClipView, _ output: UnsafeMutableBufferPointer<Float>
    ) throws(ClipDecodingError) {
        let here = firstFrame..<firstFrame + frames
        let rises = zip(view.frames, view.frames.dropFirst()).allSatisfy { $0 <= $1 }
        guard !view.frames.isEmpty, rises, view.frames.allSatisfy(here.contains) else {
            throw .viewOutside("clip \(index): frames \(view.frames) are not among \(here).")
        }
        let crop = view.crop
        // Written so that what is no number is refused.
        guard view.size > 0, view.size <= ClipFormat.longestSide, crop.height > 0, crop.width > 0,
            crop.top >= 0, crop.left >= 0, crop.top <= Double(height) - crop.height,
            crop.left <= Double(width) - crop.width
        else {
            throw .viewOutside(
                "clip \(index): a crop of \(crop.width) x \(crop.height) at (\(crop.top), "
                    + "\(crop.left)) does not fit \(width) x \(height).")
        }
        let needed = view.frames.count * view.size * view.size * ClipFormat.channels
        guard output.count == needed else {
            let float = MemoryLayout<Float>.stride
            throw .wrongMemory(bytes: output.count * float, needed: needed * float)
        }
    }

    /// - Parameter places: where in `pixels` each frame of the view lies.
    private func write(
        _ pixels: UnsafeBufferPointer<UInt8>, _ places: [Int], _ view: ClipView,
        _ normalization: ClipNormalization, _ scratch: inout [Float],
        into output: UnsafeMutableBufferPointer<Float>
    ) {
        guard let source = pixels.baseAddress, let target = output.baseAddress else { return }
        if let crop = view.wholePixels {
            cut(source, places, view, crop, normalization, into: target)
        } else {
            resample(source, places, view, normalization, &scratch, into: target)
        }
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

    private func resample(
        _ pixels: UnsafePointer<UInt8>, _ places: [Int], _ view: ClipView,
        _ normalization: ClipNormalization, _ scratch: inout [Float],
        into output: UnsafeMutablePointer<Float>
    ) {
        let rowFloats = ClipFormat.channels * width
        if scratch.count < rowFloats { scratch = [Float](repeating: 0, count: rowFloats) }
        let rows = ResamplingTable(
            stored: height, start: view.crop.top, length: view.crop.height, count: view.size,
            factor: 1 / 255)
        let columns = ResamplingTable(
            stored: width, start: view.crop.left, length: view.crop.width, count: view.size,
            isReversed: view.isFlipped)
        let area = view.size * view.size
        rows.withKernelTable { rows in
            columns.withKernelTable { columns in
                for (number, place) in places.enumerated() {
                    let frame = output + number * area * ClipFormat.channels
                    lk_resample_frame(
                        rows, columns, pixels + place * frameBytes, width, &scratch, frame)
                    lk_normalize_pixels(
                        area, normalization.mean, normalization.deviation, frame)
                }
            }
        }
    }
}
