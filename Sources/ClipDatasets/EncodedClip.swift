/// Frames of one clip as they are stored, in one flat run of bytes that travels as one message.
///
/// All integers are little-endian:
///
///     0   4 bytes  "LKC1"
///     4   uint8    layout: 0 dense, 1 JPEG; then 3 zero bytes
///     8   uint32   frames, height, width
///     20  uint32   number of the first frame in the stored clip
///     24  uint64   number of the clip in its split
///     32  JPEG only: uint32 length of each frame's JPEG
///     ..  dense: uint8 (time, height, width, channel); JPEG: the JPEGs one after another
public struct EncodedClip: Hashable, Sendable {
    struct Header: Hashable, Sendable {
        let layout: ClipLayout
        let index: Int
        let firstFrame: Int
        let frames: Int
        let height: Int
        let width: Int
    }

    static let magic = Array("LKC1".utf8)
    static let headerBytes = 32

    /// The flat form.
    public let message: [UInt8]
    let header: Header
    /// Where each frame's JPEG lies in `message`; empty for dense frames.
    let blobs: [Range<Int>]

    public var layout: ClipLayout { header.layout }
    /// The clip's number in its split.
    public var index: Int { header.index }
    /// The number of the first frame here in the stored clip.
    public var firstFrame: Int { header.firstFrame }
    public var frames: Int { header.frames }
    public var height: Int { header.height }
    public var width: Int { header.width }
    /// Bytes after decoding: (frames, height, width, 3).
    public var decodedByteCount: Int { header.decodedByteCount }

    /// Dense frames, which `fill` writes.
    init<Failure: Error>(
        header: Header, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var bytes = [UInt8](
            repeating: 0, count: EncodedClip.headerBytes + header.decodedByteCount)
        header.write(to: &bytes)
        try bytes.withUnsafeMutableBufferPointer { (bytes) throws(Failure) in
            let payload = bytes[EncodedClip.headerBytes...]
            try fill(UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: payload)))
        }
        message = bytes
        self.header = header
        blobs = []
    }

    /// JPEGs, which `append` appends, returning their lengths.
    init<Failure: Error>(
        header: Header, append: (inout [UInt8]) throws(Failure) -> [Int]
    ) throws(Failure) {
        let table = EncodedClip.headerBytes + 4 * header.frames
        var bytes = [UInt8](repeating: 0, count: table)
        header.write(to: &bytes)
        let lengths = try append(&bytes)
        for (frame, length) in lengths.enumerated() {
            bytes.store(UInt32(length), at: EncodedClip.headerBytes + 4 * frame)
        }
        var end = table
        blobs = lengths.map { length in
            end += length
            return end - length..<end
        }
        message = bytes
        self.header = header
    }
}

extension EncodedClip {
    /// Checks a received message and takes it as a clip.
    ///
    /// - Throws: `ClipDecodingError.badMessage` where it is not one; sizes are checked before
    ///   anything is allocated.
    public init(message: [UInt8]) throws(ClipDecodingError) {
        let header = try Header(message)
        var end = EncodedClip.headerBytes
        var blobs: [Range<Int>] = []
        switch header.layout {
        case .frames: end += header.decodedByteCount
        case .jpeg:
            let table = end
            end += 4 * header.frames
            guard end <= message.count else { throw .badMessage("its table is cut short") }
            blobs.reserveCapacity(header.frames)
            for frame in 0..<header.frames {
                let length = Int(message.load(UInt32.self, at: table + 4 * frame))
                blobs.append(end..<end + length)
                end += length
            }
        }
        guard end == message.count else {
            throw .badMessage("it has \(message.count) bytes, and its header says \(end)")
        }
        self.message = message
        self.header = header
        self.blobs = blobs
    }
}

extension EncodedClip.Header {
    var decodedByteCount: Int { frames * height * width * ClipFormat.channels }

    fileprivate func write(to bytes: inout [UInt8]) {
        bytes.replaceSubrange(0..<4, with: EncodedClip.magic)
        bytes[4] = layout == .jpeg ? 1 : 0
        bytes.store(UInt32(frames), at: 8)
        bytes.store(UInt32(height), at: 12)
        bytes.store(UInt32(width), at: 16)
        bytes.store(UInt32(firstFrame), at: 20)
        bytes.store(UInt64(index), at: 24)
    }

    fileprivate init(_ message: [UInt8]) throws(ClipDecodingError) {
        guard message.count >= EncodedClip.headerBytes,
            message.prefix(4).elementsEqual(EncodedClip.magic), message[4] <= 1
        else { throw .badMessage("it does not start as one") }
        layout = message[4] == 1 ? .jpeg : .frames
        frames = Int(message.load(UInt32.self, at: 8))
        height = Int(message.load(UInt32.self, at: 12))
        width = Int(message.load(UInt32.self, at: 16))
        firstFrame = Int(message.load(UInt32.self, at: 20))
        guard let index = Int(exactly: message.load(UInt64.self, at: 24)),
            [frames, height, width].allSatisfy({ $0 > 0 && $0 <= ClipFormat.longestSide })
        else { throw .badMessage("its sizes \(frames) x \(height) x \(width) make no sense") }
        self.index = index
    }
}

extension [UInt8] {
    fileprivate mutating func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        withUnsafeMutableBytes {
            $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        }
    }

    fileprivate func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at offset: Int
    ) -> Value {
        withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }
}
