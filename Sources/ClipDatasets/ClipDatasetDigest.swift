import CXXHash

/// A fingerprint of a dataset for the manifest of a run: 128 bits over its format, classes, shapes,
/// labels, and the pixels of a few clips. Compression does not change it; another file with the
/// same tables but other clips has another.
public struct ClipDatasetDigest: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    /// 32 hexadecimal digits.
    public var description: String { Self.hex(high) + Self.hex(low) }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension ClipDataset {
    /// Clips of a split whose pixels enter the digest.
    private static let sampledClips = 8

    /// Reads a few clips of each split, so it takes milliseconds whatever the file's size.
    public func digest() throws(ClipDatasetError) -> ClipDatasetDigest {
        var bytes: [UInt8] = []
        func add(_ text: String) { bytes.append(contentsOf: Array(text.utf8) + [0]) }
        func add(_ number: Int) {
            withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) {
                bytes.append(contentsOf: $0)
            }
        }
        add(ClipFormat.name)
        add(version)
        add(classNames.count)
        classNames.forEach(add)
        for split in splits {
            add(split.name)
            add(split.layout.rawValue)
            [split.count, split.frames, split.height, split.width].forEach(add)
            split.labels.forEach(add)
            for sample in 0..<min(Self.sampledClips, split.count) {
                let index = sample * split.count / min(Self.sampledClips, split.count)
                let frames = try split.frameCount(ofClip: index)
                add(frames)
                let middle = try split.readClip(index, frames: frames / 2..<frames / 2 + 1)
                bytes.append(contentsOf: middle.message)
            }
        }
        let hash = XXH3_128bits(bytes, bytes.count)
        return ClipDatasetDigest(high: hash.high64, low: hash.low64)
    }
}
