import Foundation

/// A video and what its container says about it.
struct VideoFile: Hashable, Sendable {
    let path: String
    /// Compressed frames; what decodes may be a few less or more.
    let packets: Int
    let framesPerSecond: Double

    /// Asks `ffprobe`.
    init(path: String) throws(VideoError) {
        let probe = try VideoProgram(
            "ffprobe",
            [
                "-v", "error", "-select_streams", "v:0", "-count_packets", "-show_entries",
                "stream=nb_read_packets,avg_frame_rate", "-of", "json", "file:" + path,
            ])
        let bytes = try probe.readAll()
        let (succeeded, complaint) = probe.wait()
        guard succeeded else { throw .unreadable(video: path, problem: complaint) }
        let report: Report
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            report = try decoder.decode(Report.self, from: Data(bytes))
        } catch {
            throw .unreadable(video: path, problem: "ffprobe's answer makes no sense")
        }
        guard let stream = report.streams.first else {
            throw .unreadable(video: path, problem: "there is no picture in it")
        }
        guard let packets = stream.nbReadPackets.flatMap({ Int($0) }), packets > 0 else {
            throw .unreadable(video: path, problem: "there is not one frame in it")
        }
        self.path = path
        self.packets = packets
        framesPerSecond = Self.ratio(stream.avgFrameRate ?? "") ?? 0
    }

    /// ffprobe's answer, which has these names in snake case.
    private struct Report: Decodable {
        struct Stream: Decodable {
            let nbReadPackets: String?
            let avgFrameRate: String?
        }
        let streams: [Stream]
    }

    /// The value of "30000/1001"; nil for "0/0".
    private static func ratio(_ text: String) -> Double? {
        let parts = text.split(separator: "/").compactMap { Double($0) }
        guard parts.count == 2, parts[1] > 0 else { return nil }
        return parts[0] / parts[1]
    }

    /// Decodes every frame, square, `size` pixels a side: the short side is scaled to `size`, the
    /// rest of the long side cut off evenly.
    ///
    /// - Parameter body: is given each frame, uint8 (size, size, channel), and its number.
    /// - Returns: how many frames there were.
    /// - Throws: `VideoError.damaged` where decoding fails, after `body` has seen what there was.
    func decode(
        size: Int, _ body: (Int, [UInt8]) throws(PackingError) -> Void
    ) throws(PackingError) -> Int {
        // Pixels need not be square in the file; bit-exact scaling gives the same bytes anywhere.
        let filter =
            "scale='trunc(iw*sar)':ih,setsar=1,"
            + "scale=\(size):\(size):force_original_aspect_ratio=increase"
            + ":flags=bilinear+accurate_rnd+full_chroma_int+bitexact,crop=\(size):\(size)"
        var frames = 0
        let decoder = try PackingError.of { () throws(VideoError) in
            try VideoProgram(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-i", "file:" + path, "-map", "0:v:0", "-vf", filter,
                    "-vsync", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1",
                ])
        }
        while let frame = try nextFrame(from: decoder, size: size) {
            try body(frames, frame)
            frames += 1
        }
        let result = decoder.wait()
        // A few frames at the ends of a stream often do not decode; a tenth missing is damage.
        guard result.succeeded, frames * 10 >= packets * 9 else {
            throw .video(
                .damaged(
                    video: path, decoded: frames, expected: packets, problem: result.complaint))
        }
        return frames
    }

    private func nextFrame(
        from decoder: VideoProgram, size: Int
    ) throws(PackingError) -> [UInt8]? {
        var frame = [UInt8](repeating: 0, count: size * size * ClipFormat.channels)
        let count = try PackingError.of { () throws(VideoError) in
            try frame.withUnsafeMutableBufferPointer { (frame) throws(VideoError) in
                try decoder.read(into: UnsafeMutableRawBufferPointer(frame))
            }
        }
        return count == frame.count ? frame : nil
    }
}
