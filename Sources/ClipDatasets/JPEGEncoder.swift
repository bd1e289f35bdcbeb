import CTurboJPEG

/// A libjpeg-turbo compressor with chroma at half resolution.
struct JPEGEncoder: ~Copyable {
    private let handle: tjhandle
    private let quality: Int32

    /// - Parameter quality: 1...100.
    init(quality: Int) throws(JPEGError) {
        guard let handle = tjInitCompress() else { throw JPEGError(nil) }
        self.handle = handle
        self.quality = Int32(clamping: quality)
    }

    deinit { tjDestroy(handle) }

    /// Encodes uint8 (height, width, channel).
    func encode(
        _ pixels: UnsafeBufferPointer<UInt8>, height: Int, width: Int
    ) throws(JPEGError) -> [UInt8] {
        var image: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        defer { tjFree(image) }
        let status = tjCompress2(
            handle, pixels.baseAddress, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue),
            &image, &count, Int32(TJSAMP_420.rawValue), quality, TJFLAG_ACCURATEDCT)
        guard status == 0 else { throw JPEGError(handle) }
        return [UInt8](UnsafeBufferPointer(start: image, count: Int(count)))
    }
}
