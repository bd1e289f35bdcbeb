/// Loss and accuracy over the steps of a run, in bounded room: neighbours are averaged as a run grows longer.
public struct LearningCurves: Sendable, Equatable {
    /// The mean over neighbouring steps.
    public struct Point: Sendable, Equatable {
        /// The last of them.
        public var step: UInt64
        public var loss: Double
        public var accuracy: Double
        /// How many they are.
        public var steps: Int
    }

    /// So many points are kept at most.
    public let limit: Int
    public private(set) var points: [Point] = []
    /// In the order of steps.
    public private(set) var evaluations: [EvaluationPoint] = []
    /// Steps of a point that is complete.
    public private(set) var stride = 1

    public init(limit: Int = 1024) { self.limit = max(2, limit) }

    /// Adds a step. Where it was there before, a run goes on from an earlier state: what followed goes.
    public mutating func append(step: UInt64, loss: Double, accuracy: Double) {
        while let last = points.last, last.step >= step { points.removeLast() }
        guard let last = points.last, last.steps < stride else {
            points.append(Point(step: step, loss: loss, accuracy: accuracy, steps: 1))
            if points.count > limit { halve() }
            return
        }
        let one = Point(step: step, loss: loss, accuracy: accuracy, steps: 1)
        points[points.count - 1] = Self.mean(last, one)
    }

    public mutating func append(_ evaluation: EvaluationPoint) {
        while let last = evaluations.last, last.step >= evaluation.step {
            evaluations.removeLast()
        }
        evaluations.append(evaluation)
        if evaluations.count > limit {
            evaluations = evaluations.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
    }

    private mutating func halve() {
        stride *= 2
        points = Swift.stride(from: 0, to: points.count, by: 2).map { index in
            index + 1 < points.count ? Self.mean(points[index], points[index + 1]) : points[index]
        }
    }

    private static func mean(_ one: Point, _ other: Point) -> Point {
        let (a, b) = (Double(one.steps), Double(other.steps))
        return Point(
            step: other.step, loss: (one.loss * a + other.loss * b) / (a + b),
            accuracy: (one.accuracy * a + other.accuracy * b) / (a + b),
            steps: one.steps + other.steps)
    }
}

/// What an evaluation came to.
public struct EvaluationPoint: Sendable, Equatable, Codable {
    public var step: UInt64
    public var loss: Double
    /// Shares, 0 to 1.
    public var top1: Double
    public var top5: Double
    public var clips: Int

    public init(step: UInt64, loss: Double, top1: Double, top5: Double, clips: Int) {
        self.step = step
        self.loss = loss
        self.top1 = top1
        self.top5 = top5
        self.clips = clips
    }
}
