import Tensors

extension ClipSampling {
    /// The view of one sample in one epoch.
    ///
    /// - Parameter clip: frames, height and width of the stored clip.
    /// - Throws: `ClipDecodingError.viewOutside` where the window does not fit the clip.
    public func view(
        seed: UInt64, epoch: Int, sample: Int, clip: StoredShape
    ) throws(ClipDecodingError) -> ClipView {
        try check(clip, sample: sample)
        let draws = ClipDraws(seed: seed, epoch: epoch, sample: sample)
        let words = draws.words(.placement)
        let offsets = frameOffsets(draws, clip)
        let slack = clip.frames - 1 - (offsets.last ?? 0)
        let first = Self.start(window, words.0, slack: slack)
        return ClipView(
            frames: offsets.map { first + $0 }, crop: drawnCrop(draws, clip), size: size,
            isFlipped: flip && words.3 >> 31 == 1, color: drawnColor(draws), blur: blur)
    }

    /// Frame i of a window lies at floor(i * stride) after its first.
    private func frameOffsets(_ draws: ClipDraws, _ clip: StoredShape) -> [Int] {
        guard strideJitter > 0, frames > 1 else { return (0..<frames).map { $0 * stride } }
        let nominal = Double(stride)
        let longest = Double(clip.frames - 1) / Double(frames - 1)
        let drawn = ClipDraws.number(
            draws.words(.scale).0,
            in: nominal * (1 - strideJitter)...min(nominal * (1 + strideJitter), longest))
        return (0..<frames).map { min(Int(Double($0) * drawn), clip.frames - 1) }
    }

    private func drawnColor(_ draws: ClipDraws) -> ClipColor {
        let words = draws.words(.color)
        func factor(_ word: UInt32, _ jitter: Double) -> Float {
            Float(ClipDraws.number(word, in: 1 - jitter...1 + jitter))
        }
        return ClipColor(
            brightness: factor(words.0, brightness), contrast: factor(words.1, contrast),
            saturation: factor(words.2, saturation))
    }

    private func drawnCrop(_ draws: ClipDraws, _ clip: StoredShape) -> ClipCrop {
        let words = draws.words(.placement)
        switch scaling {
        case .stored where size <= min(clip.height, clip.width):
            return .square(
                Double(size), top: Double(Self.start(crop, words.1, slack: clip.height - size)),
                left: Double(Self.start(crop, words.2, slack: clip.width - size)))
        case .stored, .shortSide:
            let side = min(clip.height, clip.width)
            return .square(
                Double(side), top: Double(Self.start(crop, words.1, slack: clip.height - side)),
                left: Double(Self.start(crop, words.2, slack: clip.width - side)))
        case .jitter(let range):
            let short = Double(min(clip.height, clip.width))
            let scaled = ClipDraws.number(draws.words(.scale).1, in: range)
            let side = min(short, Double(size) * short / scaled)
            func start(_ word: UInt32, _ length: Int) -> Double {
                let part = crop == .center ? 0.5 : ClipDraws.fraction(word)
                return (Double(length) - side) * part
            }
            return .square(side, top: start(words.1, clip.height), left: start(words.2, clip.width))
        case .area(let range, let aspect):
            return resizedCrop(draws, clip, area: range, aspect: aspect)
        }
    }

    /// A rectangle of whole pixels: ten tries, then the largest in the middle whose ratio is allowed.
    private func resizedCrop(
        _ draws: ClipDraws, _ clip: StoredShape, area: ClosedRange<Double>,
        aspect: ClosedRange<Double>
    ) -> ClipCrop {
        let logarithms =
            ElementaryFunctions.log(aspect.lowerBound)...ElementaryFunctions.log(aspect.upperBound)
        for attempt in 0..<10 {
            let words = draws.words(.area, attempt: attempt)
            let pixels =
                Double(clip.height) * Double(clip.width) * ClipDraws.number(words.0, in: area)
            let ratio = ElementaryFunctions.exp(ClipDraws.number(words.1, in: logarithms))
            let width = (pixels * ratio).squareRoot().rounded(.toNearestOrEven)
            let height = (pixels / ratio).squareRoot().rounded(.toNearestOrEven)
            guard width >= 1, height >= 1, width <= Double(clip.width),
                height <= Double(clip.height)
            else { continue }
            return ClipCrop(
                top: Double(Self.start(crop, words.2, slack: clip.height - Int(height))),
                left: Double(Self.start(crop, words.3, slack: clip.width - Int(width))),
                height: height, width: width)
        }
        var (height, width) = (Double(clip.height), Double(clip.width))
        let ratio = width / height
        if ratio < aspect.lowerBound {
            height = (width / aspect.lowerBound).rounded(.toNearestOrEven)
        } else if ratio > aspect.upperBound {
            width = (height * aspect.upperBound).rounded(.toNearestOrEven)
        }
        (height, width) = (max(1, height), max(1, width))
        return ClipCrop(
            top: Double((clip.height - Int(height)) / 2),
            left: Double((clip.width - Int(width)) / 2), height: height, width: width)
    }

    private static func start(_ placement: ClipPlacement, _ word: UInt32, slack: Int) -> Int {
        placement == .center ? slack / 2 : ClipDrawSequence.index(word, below: slack + 1)
    }
}

extension ClipCrop {
    static func square(_ side: Double, top: Double, left: Double) -> ClipCrop {
        ClipCrop(top: top, left: left, height: side, width: side)
    }
}
