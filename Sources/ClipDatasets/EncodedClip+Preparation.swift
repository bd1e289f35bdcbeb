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

extension EncodedClip {
    /// Decodes what a view shows and writes it as a network's input.
    ///
    /// - Parameters:
    ///   - view: a view of the stored clip; its frames must be among those here.
    ///   - scratch: memory for decoded JPEGs, kept by the caller from clip to clip.
    ///   - output: float32 (time, size, size, channel), exactly as many as the view shows.
    public func prepare(
        _ view: ClipView, normalization: ClipNormalization = ClipNormalization(),
        scratch: inout [UInt8], into output: UnsafeMutableBufferPointer<Float>
    ) throws(ClipDecodingError) {
        try check(view, output)
        switch layout {
        case .frames:
            message.withUnsafeBufferPointer {
                let pixels = UnsafeBufferPointer(rebasing: $0[EncodedClip.headerBytes...])
                normalize(pixels, view, normalization, into: output)
            }
        case .jpeg:
            if scratch.count < decodedByteCount {
                scratch = [UInt8](repeating: 0, count: decodedByteCount)
            }
            try scratch.withUnsafeMutableBufferPointer { (scratch) throws(ClipDecodingError) in
                let pixels = UnsafeMutableBufferPointer(rebasing: scratch[..<decodedByteCount])
                try decode(into: pixels)
                normalize(UnsafeBufferPointer(pixels), view, normalization, into: output)
            }
        }
    }

    private func check(
        _ view: ClipView, _ output: UnsafeMutableBufferPointer<Float>
    ) throws(ClipDecodingError) {
        let here = firstFrame..<firstFrame + frames
        guard !view.frames.isEmpty, here.lowerBound <= view.frames.lowerBound,
            view.frames.upperBound <= here.upperBound
        else {
            throw .viewOutside("clip \(index): frames \(view.frames) are not among \(here).")
        }
        guard view.size > 0, view.top >= 0, view.left >= 0, view.size <= height - view.top,
            view.size <= width - view.left
        else {
            throw .viewOutside(
                "clip \(index): a crop of \(view.size) at (\(view.top), \(view.left)) does not "
                    + "fit \(width) x \(height).")
        }
        let needed = view.frames.count * view.size * view.size * ClipFormat.channels
        guard output.count == needed else {
            let float = MemoryLayout<Float>.stride
            throw .wrongMemory(bytes: output.count * float, needed: needed * float)
        }
    }

    private func normalize(
        _ pixels: UnsafeBufferPointer<UInt8>, _ view: ClipView,
        _ normalization: ClipNormalization, into output: UnsafeMutableBufferPointer<Float>
    ) {
        guard let source = pixels.baseAddress, let target = output.baseAddress else { return }
        let (mean, deviation) = (normalization.mean, normalization.deviation)
        var kernelView = lk_clip_view()
        (kernelView.height, kernelView.width) = (height, width)
        (kernelView.crop_top, kernelView.crop_left) = (view.top, view.left)
        (kernelView.crop_height, kernelView.crop_width) = (view.size, view.size)
        kernelView.flip = view.isFlipped ? 1 : 0
        kernelView.mean = (mean, mean, mean)
        kernelView.deviation = (deviation, deviation, deviation)
        let frames = view.frames.map { $0 - firstFrame }
        lk_normalize_clip(&kernelView, source, frames, frames.count, target)
    }
}
