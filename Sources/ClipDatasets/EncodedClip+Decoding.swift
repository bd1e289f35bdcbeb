extension EncodedClip {
    /// Decodes to uint8 (time, height, width, channel).
    ///
    /// - Parameter pixels: exactly `decodedByteCount` bytes.
    /// - Throws: `ClipDecodingError`, naming the clip and frame of a damaged JPEG.
    public func decode(
        into pixels: UnsafeMutableBufferPointer<UInt8>
    ) throws(ClipDecodingError) {
        guard pixels.count == decodedByteCount, let start = pixels.baseAddress else {
            throw .wrongMemory(bytes: pixels.count, needed: decodedByteCount)
        }
        switch layout {
        case .frames:
            message.withUnsafeBytes {
                let payload = UnsafeRawBufferPointer(rebasing: $0[EncodedClip.headerBytes...])
                UnsafeMutableRawBufferPointer(pixels).copyMemory(from: payload)
            }
        case .jpeg: try decodeJPEG(into: start)
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

    private func decodeJPEG(
        into pixels: UnsafeMutablePointer<UInt8>
    ) throws(ClipDecodingError) {
        let frameBytes = height * width * ClipFormat.channels
        for (number, blob) in blobs.enumerated() {
            let frame = firstFrame + number
            let image = message[blob]
            let size: (height: Int, width: Int)
            do {
                // One decompressor a frame: damage in one must not leave its mark on the next.
                let decoder = try JPEGDecoder()
                size = try decoder.size(of: image)
                if size == (height, width) {
                    try decoder.decode(
                        image, height: height, width: width, into: pixels + number * frameBytes)
                }
            } catch {
                throw .corruptJPEG(clip: index, frame: frame, libraryMessage: error.description)
            }
            guard size == (height, width) else {
                throw .wrongSize(
                    clip: index, frame: frame, found: "\(size.width) x \(size.height)",
                    expected: "\(width) x \(height)")
            }
        }
    }
}
