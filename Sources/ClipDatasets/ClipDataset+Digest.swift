import Tensors

extension ClipDataset {
    /// Clips of a split whose pixels enter the digest.
    private static let sampledClips = 8

    /// A fingerprint for the manifest of a run: over format, classes, shapes, labels, and the
    /// pixels of a few clips. Compression does not change it; another file with the same tables but
    /// other clips has another. Takes milliseconds whatever the file's size.
    public func digest() throws(ClipDatasetError) -> Digest128 {
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
        return bytes.withUnsafeBytes { Digest128(of: $0) }
    }
}
