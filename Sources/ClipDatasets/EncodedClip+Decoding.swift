extension EncodedClip {
    /// Decodes to uint8 (time, height, width, channel).
    ///
    /// - Parameter pixels: exactly `decodedByteCount` bytes.
    /// - Throws: `ClipDecodingError`, naming the clip and frame of a damaged JPEG.
    public func decode(
        into pixels: UnsafeMutableBufferPointer<UInt8>
    ) throws(ClipDecodingError) {
        guard pixels.count == decodedByteCount else {
            throw .wrongMemory(bytes: pixels.count, needed: decodedByteCount)
        }
        switch layout {
        case .frames:
            message.withUnsafeBytes {
                let payload = UnsafeRawBufferPointer(rebasing: $0[EncodedClip.headerBytes...])
                UnsafeMutableRawBufferPointer(pixels).copyMemory(from: payload)
            }
        case .jpeg: try decodeJPEGs(0..<frames, into: pixels)
        }
    }

    /// Decodes to a new array, uint8 (time, height, width, channel).
    public func decoded() throws(ClipDecodingError) -> [UInt8] {
        var pixels = [UInt8](repeating: 0, count: decodedByteCount)
        try pixels.withUnsafeMutableBufferPointer { (pixels) throws(ClipDecodingError) in
            try decode(into: pixels)
        }
        return pixels
    }

    /// Bytes of a decoded frame.
    var frameBytes: Int { height * width * ClipFormat.channels }

    /// The same frames decoded, for several views of them.
    ///
    /// - Throws: `ClipDecodingError`, naming the clip and frame of a damaged JPEG.
    public func decodedClip() throws(ClipDecodingError) -> EncodedClip {
        guard layout == .jpeg else { return self }
        let header = Header(
            layout: .frames, index: index, firstFrame: firstFrame, frames: frames, height: height,
            width: width)
        return try EncodedClip(header: header) { (payload) throws(ClipDecodingError) in
            try decode(into: payload.bindMemory(to: UInt8.self))
        }
    }

    /// Decodes the JPEGs of some of the frames here, numbered from 0, one after another.
    ///
    /// - Parameter pixels: `frameBytes` for each.
    func decodeJPEGs(
        _ numbers: some Collection<Int>, into pixels: UnsafeMutableBufferPointer<UInt8>
    ) throws(ClipDecodingError) {
        guard var target = pixels.baseAddress else { return }
        for number in numbers {
            let frame = firstFrame + number
            let image = message[blobs[number]]
            let size: (height: Int, width: Int)
            do {
                // One decompressor a frame: damage in one must not leave its mark on the next.
                let decoder = try JPEGDecoder()
                size = try decoder.size(of: image)
                if size == (height, width) {
                    try decoder.decode(image, height: height, width: width, into: target)
                }
            } catch {
                throw .corruptJPEG(clip: index, frame: frame, libraryMessage: error.description)
            }
            guard size == (height, width) else {
                throw .wrongSize(
                    clip: index, frame: frame, found: "\(size.width) x \(size.height)",
                    expected: "\(width) x \(height)")
            }
            target += frameBytes
        }
    }
}
