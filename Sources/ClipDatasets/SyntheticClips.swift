import Tensors

/// Draws clips whose class is appearance x motion.
///
/// A frame alone tells the appearance and never the motion; the motion is in the order of the
/// frames. What each branch of a two-branch network contributes can so be measured.
public struct SyntheticClips: Hashable, Sendable {
    public var appearances: Int
    public var motions: Int
    public var frames: Int
    /// Height and width in pixels.
    public var size: Int
    public var seed: UInt64
    /// Amplitude of the noise on every pixel, as a part of full scale.
    public var noise: Double
    /// Whether an appearance is a shape in any colour, which no single pixel tells, instead of a
    /// shape in a colour of its own.
    public var anyColor: Bool

    public static let mostAppearances = SyntheticAppearance.allCases.count
    public static let mostMotions = SyntheticMotion.allCases.count
    public static let framesPerSecond: Float = 25

    public init(
        appearances: Int = 3, motions: Int = 4, frames: Int = 16, size: Int = 32,
        seed: UInt64 = 1, noise: Double = 0.05, anyColor: Bool = false
    ) {
        precondition((1...Self.mostAppearances).contains(appearances))
        precondition((1...Self.mostMotions).contains(motions))
        precondition(frames > 0 && size > 0 && noise >= 0)
        self.appearances = appearances
        self.motions = motions
        self.frames = frames
        self.size = size
        self.seed = seed
        self.noise = noise
        self.anyColor = anyColor
    }

    /// One class for each pair; motion runs fastest.
    public var classNames: [String] {
        SyntheticAppearance.allCases.prefix(appearances).flatMap { appearance in
            let name = anyColor ? "\(appearance)" : appearance.name
            return SyntheticMotion.allCases.prefix(motions).map { "\(name)-\($0)" }
        }
    }

    /// Draws one clip, uint8 (time, height, width, channel): a function of seed, split, index and
    /// label alone.
    ///
    /// - Parameters:
    ///   - split: number of the split, so that no two splits share a clip.
    ///   - index: number of the clip in its split.
    ///   - label: which of `classNames`.
    public func clip(split: Int, index: Int, label: Int) -> [UInt8] {
        precondition(label >= 0 && label < appearances * motions)
        guard let appearance = SyntheticAppearance(rawValue: label / motions),
            let motion = SyntheticMotion(rawValue: label % motions)
        else { preconditionFailure("the initialiser allows no other label") }
        let stream = UInt64(split) << 40 | UInt64(index) << 1
        var draws = ClipDrawSequence(seed: seed, stream: stream)
        let scene = SyntheticScene(
            appearance: appearance, size: size, anyColor: anyColor, draws: &draws)
        let start = SyntheticMotion.Start(
            x: draws.uniform(), y: draws.uniform(), scale: draws.uniform(),
            phase: draws.uniform(), speed: draws.uniform(SyntheticMotion.speeds))
        let frameValues = size * size * ClipFormat.channels
        var values = [Float](repeating: 0, count: frames * frameValues)
        values.withUnsafeMutableBufferPointer {
            CounterRandom(seed: seed, stream: stream | 1)
                .fillUniform($0, offset: Float(-noise), scale: Float(2 * noise))
        }
        var pixels = [UInt8](repeating: 0, count: values.count)
        for frame in 0..<frames {
            let part = frame * frameValues..<(frame + 1) * frameValues
            scene.draw(motion.pose(start, frame: frame), noise: values[part], into: &pixels[part])
        }
        return pixels
    }
}

extension SyntheticClips {
    /// How many clips a class each split gets; a split with none is left out.
    public struct Counts: Hashable, Sendable {
        public var train: Int
        public var val: Int
        public var test: Int

        public init(train: Int = 96, val: Int = 16, test: Int = 16) {
            self.train = train
            self.val = val
            self.test = test
        }

        var bySplit: [Int] { [train, val, test] }
    }

    /// Writes a dataset. Classes take turns, so that any run of clips is nearly balanced.
    ///
    /// - Parameter progress: is told after each clip how many of how many are done.
    public func write(
        to path: String, counts: Counts, storage: ClipStorage, replacing: Bool = false,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(ClipDatasetError) {
        let names = classNames
        let writer = try ClipDatasetWriter(
            path: path, classNames: names, shape: (frames, size, size), storage: storage,
            replacing: replacing)
        let total = names.count * counts.bySplit.reduce(0, +)
        var done = 0
        for (split, name) in ClipFormat.splits.enumerated() {
            for index in 0..<names.count * counts.bySplit[split] {
                let label = index % names.count
                let record = ClipRecord(
                    label: label, videoID: "\(name)-\(index)",
                    framesPerSecond: Self.framesPerSecond, group: index)
                try writer.append(
                    clip(split: split, index: index, label: label), record, to: name)
                done += 1
                progress(done, total)
            }
        }
        try writer.finish()
    }
}
