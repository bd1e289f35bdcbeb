import ClipDatasets

// Clips and files of clips.

extension Decoder {
    /// Decoded sizes that a worker would refuse to make room for: its budget of bytes is smaller.
    private static let largestDecoded = 1 << 20

    static func clip(_ input: [UInt8]) -> String? {
        do throws(ClipDecodingError) {
            let clip = try EncodedClip(message: input)
            // Bytes of frames are as they are in the message; JPEGs may claim sizes without having them.
            if clip.layout == .frames, clip.decodedByteCount > input.count {
                return "frames of more bytes than the message"
            }
            guard clip.decodedByteCount <= largestDecoded else { return nil }
            let view = ClipView(
                frames: clip.firstFrame..<clip.firstFrame + clip.frames, top: 0, left: 0,
                size: min(clip.height, clip.width), isFlipped: true)
            let floats = view.frames.count * view.size * view.size * 3
            var scratch = ClipScratch()
            var output = [Float](repeating: 0, count: floats)
            try output.withUnsafeMutableBufferPointer { (output) throws(ClipDecodingError) in
                try clip.prepare(view, scratch: &scratch, into: output)
            }
            return try clip.decoded().count == clip.decodedByteCount ? nil : "pixels are missing"
        } catch {
            return explained(error.description)
        }
    }

    static func dataset(_ input: [UInt8]) -> String? {
        let path = InputFolder.write(input, to: "clips.h5")
        do throws(ClipDatasetError) {
            let dataset = try ClipDataset(path: path)
            _ = try dataset.digest()
            for split in dataset.splits {
                for index in 0..<min(split.count, 2) {
                    let clip = try split.readClip(index, frames: 0..<1)
                    if let problem = self.clip(clip.message) { return problem }
                }
            }
            return nil
        } catch {
            return explained(error.description)
        }
    }
}
