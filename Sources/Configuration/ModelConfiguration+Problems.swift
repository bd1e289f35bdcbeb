extension ModelConfiguration {
    func problems(at path: String) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.require("classes", classes, in: 2...Limits.classes)
        checker.require("input.frames", input.frames, in: 1...Limits.frames)
        checker.require("input.size", input.size, in: 1...Limits.pixels)
        switch architecture {
        case .slowFastLSTM(let configuration):
            checker.add(configuration.problems(at: path, input: input))
        case .slowFast(let configuration):
            checker.add(configuration.problems(at: path, input: input))
        }
        return checker.problems
    }

    /// Values per channel and clip of the batch norm that has the fewest: the last stage's of a slow
    /// branch, or the last pointwise convolution's of a fast branch alone.
    var fewestValuesPerClip: Int {
        switch architecture {
        case .slowFastLSTM(let configuration):
            configuration.models.map { model in
                let slow = residualMap(input.size, stages: configuration.slow.layers.count)
                let fast = input.size / 4
                return switch model.branches {
                case .both, .slow: input.frames / model.alpha * slow * slow
                case .fast: input.frames * fast * fast
                }
            }.min() ?? 0
        case .slowFast(let configuration):
            {
                let map = residualMap(input.size, stages: configuration.layers.count)
                return input.frames / configuration.alpha * map * map
            }()
        }
    }
}

/// Side of a residual network's last map: a stem and a pooling of stride 2, then stride 2 at every
/// stage but the first; all padded, so that sizes round up.
func residualMap(_ size: Int, stages: Int) -> Int {
    let halvings = 1 + stages
    return (size + (1 << halvings) - 1) >> halvings
}

extension RangeChecker {
    /// Checks stages of a residual network against the input's size.
    mutating func requireStages(
        _ layers: [Int], key: String, stages: ClosedRange<Int>, size: Int, sizeKey: String
    ) {
        let sound = stages.contains(layers.count)
        let wanted =
            stages.count == 1
            ? "\(stages.lowerBound)" : "\(stages.lowerBound) to \(stages.upperBound)"
        require(sound, key, is: layers, "must have \(wanted) stages")
        require(
            layers.allSatisfy { (1...Limits.blocks).contains($0) }, key, is: layers,
            "must have 1 to \(Limits.blocks) blocks in each stage")
        guard sound, layers.count > 1 else { return }
        // One stage earlier there must be something left to downsample.
        let smallest = (1 << layers.count) + 1
        require(
            size < 1 || size >= smallest, sizeKey, is: size,
            "too small for \(layers.count) stages, which need at least \(smallest)", .conflict,
            remedy: "raise \(path.isEmpty ? "" : path + ".")\(sizeKey) or leave out a stage")
    }

    /// Checks that the slow branch's frames can be taken from the input's.
    mutating func requireAlpha(_ alpha: Int, key: String, frames: Int) {
        require(key, alpha, in: 1...Limits.frames)
        guard alpha >= 1, frames >= 1 else { return }
        let divisors = (1...frames).filter { frames.isMultiple(of: $0) }
        require(
            frames.isMultiple(of: alpha), key, is: alpha,
            "must divide input.frames (\(frames))", .conflict,
            remedy: "use \(divisors.map(String.init).joined(separator: ", "))")
    }
}
