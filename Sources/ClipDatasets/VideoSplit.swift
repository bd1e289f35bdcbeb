/// How videos are divided between the splits.
public enum VideoSplitRule: String, Hashable, Sendable, CaseIterable {
    /// Each video goes to one split whole, drawn class by class.
    case video
    /// The last part of every video's time goes to val, and what follows that to test.
    case time
}

/// Which frames of one video belong to which split.
struct VideoSplit: Hashable, Sendable {
    struct Part: Hashable, Sendable {
        let split: String
        /// Frames of the video; no frame is in two parts.
        let frames: Range<Int>
    }

    let parts: [Part]
    /// What a person should know about how it came out; nil where it came out as asked.
    var note: String?

    /// The whole video in one split. Decoding may find more frames than the container promised, so
    /// the part is open at its end.
    static func whole(_ split: String) -> VideoSplit {
        VideoSplit(parts: [Part(split: split, frames: 0..<Int.max)])
    }

    /// Divides a video's time. A later part is made as long as one clip where its fraction gives
    /// less, as long as a clip is left for training.
    ///
    /// - Parameters:
    ///   - frames: of the video.
    ///   - span: frames of the video that one clip covers.
    static func byTime(
        frames: Int, span: Int, valFraction: Double, testFraction: Double
    ) -> VideoSplit {
        func length(_ fraction: Double) -> Int {
            fraction > 0 ? max(Int((Double(frames) * fraction).rounded(.down)), span) : 0
        }
        var (val, test) = (length(valFraction), length(testFraction))
        var missing: [String] = []
        if frames - val - test < span, test > 0 {
            test = 0
            missing.append("test")
        }
        if frames - val - test < span, val > 0 {
            val = 0
            missing.append("val")
        }
        let train = frames - val - test
        var bounds = [("train", 0, train), ("val", train, train + val)]
        bounds.append(("test", train + val, frames))
        var kept = bounds.filter { $0.2 > $0.1 }
        // The last part takes what decodes beyond the frames that the container promised.
        if let last = kept.indices.last { kept[last].2 = Int.max }
        return VideoSplit(
            parts: kept.map { Part(split: $0.0, frames: $0.1..<$0.2) },
            note: missing.isEmpty
                ? nil
                : "\(frames) frames are too few for a clip in each split; none goes to "
                    + missing.reversed().joined(separator: " or "))
    }

    /// Draws the split of each of a class's videos.
    ///
    /// - Returns: a split a video, and a note where a split that was asked for gets none.
    static func byVideo(
        count: Int, valFraction: Double, testFraction: Double, seed: UInt64, classIndex: Int
    ) -> (splits: [String], note: String?) {
        func share(_ fraction: Double) -> Int {
            fraction > 0 ? max(Int((Double(count) * fraction).rounded()), 1) : 0
        }
        var (val, test) = (share(valFraction), share(testFraction))
        var missing: [String] = []
        if count - val - test < 1, test > 0 {
            test = 0
            missing.append("test")
        }
        if count - val - test < 1, val > 0 {
            val = 0
            missing.append("val")
        }
        var order = Array(0..<count)
        var draws = ClipDrawSequence(seed: seed, stream: UInt64(classIndex))
        draws.shuffle(&order)
        var splits = [String](repeating: "train", count: count)
        for place in 0..<val { splits[order[place]] = "val" }
        for place in val..<val + test { splits[order[place]] = "test" }
        let videos = count == 1 ? "1 video is" : "\(count) videos are"
        return (
            splits,
            missing.isEmpty
                ? nil
                : "\(videos) too few to give any to "
                    + missing.reversed().joined(separator: " or ")
                    + "; add videos, or use --split-by time"
        )
    }
}
