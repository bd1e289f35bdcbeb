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
                render(pixels, places, view, normalization, &scratch.floats, into: output)
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
                render($0, places, view, normalization, &scratch.floats, into: output)
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
        guard view.blur >= 0, view.blur <= Double(ClipFormat.longestSide) else {
            throw .viewOutside("clip \(index): a blur of \(view.blur) pixels makes no sense.")
        }
        let needed = view.frames.count * view.size * view.size * ClipFormat.channels
        guard output.count == needed else {
            let float = MemoryLayout<Float>.stride
            throw .wrongMemory(bytes: output.count * float, needed: needed * float)
        }
    }
}
