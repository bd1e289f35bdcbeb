import Networks

/// When the parts of one training step ran, in seconds since it began.
public struct StepTimes: Sendable, Hashable {
    /// By operation, in the order of the plan.
    public let forward: [Range<Double>]
    public let backward: [Range<Double>]
    public let update: Range<Double>

    public init(forward: [Range<Double>], backward: [Range<Double>], update: Range<Double>) {
        self.forward = forward
        self.backward = backward
        self.update = update
    }

    /// - Parameter update: when the update ran that followed the pass.
    init(_ pass: PassTimeline, update: Range<PassTimeline.Instant>) {
        func seconds(_ span: Range<PassTimeline.Instant>) -> Range<Double> {
            (span.lowerBound - pass.start) / .seconds(1)..<(span.upperBound - pass.start)
                / .seconds(1)
        }
        forward = (0..<pass.operations).map { seconds(pass.forward($0)) }
        backward = (0..<pass.operations).map { seconds(pass.backward($0)) }
        self.update = seconds(update)
    }

    /// How long the step took.
    public var seconds: Double { update.upperBound }
}

extension Range<Double> {
    var length: Double { upperBound - lowerBound }
}

extension [Double] {
    /// The middle one, or the mean of the middle two; of none, 0.
    var median: Double {
        let ordered = sorted()
        if isEmpty { return 0 }
        return (ordered[(count - 1) / 2] + ordered[count / 2]) / 2
    }
}
