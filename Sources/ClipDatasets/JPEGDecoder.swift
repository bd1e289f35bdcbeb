import CTurboJPEG

/// libjpeg-turbo's own words about one image.
struct JPEGError: Error, CustomStringConvertible {
    let description: String

    init(_ handle: tjhandle?) {
        description = tjGetErrorStr2(handle).map { String(cString: $0) } ?? "no reason given"
    }
}

/// A libjpeg-turbo decompressor. Its accurate integer transform gives the same pixels on every
/// machine.
struct JPEGDecoder: ~Copyable {
    private let handle: tjhandle

    init() throws(JPEGError) {
        guard let handle = tjInitDecompress() else { throw JPEGError(nil) }
        self.handle = handle
    }

    deinit { tjDestroy(handle) }

    /// The size an image says it has.
    func size(of image: ArraySlice<UInt8>) throws(JPEGError) -> (height: Int, width: Int) {
        var (width, height, subsampling, colors): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        let status = image.withUnsafeBufferPointer {
            tjDecompressHeader3(
                handle, $0.baseAddress, UInt($0.count), &width, &height, &subsampling, &colors)
        }
        guard status == 0 else { throw JPEGError(handle) }
        return (Int(height), Int(width))
    }

    /// Decodes an image of the given size to uint8 (height, width, channel). A warning counts as
    /// damage: libjpeg would go on with grey where data is missing. The scan limit stops small
    /// images that take hours.
    func decode(
        _ image: ArraySlice<UInt8>, height: Int, width: Int,
        into pixels: UnsafeMutablePointer<UInt8>
    ) throws(JPEGError) {
        let flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS
        let status = image.withUnsafeBufferPointer {
            tjDecompress2(
                handle, $0.baseAddress, UInt($0.count), pixels, Int32(width), 0, Int32(height),
                Int32(TJPF_RGB.rawValue), flags)
        }
        guard status == 0 else { throw JPEGError(handle) }
    }
}
