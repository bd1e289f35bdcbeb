import Networks

/// When the parts of one training step ran, in seconds since it began.
public struct StepTimes: Sendable, Hashable {
    /// By operation, in the order of the plan.
    public let forward: [Range<Double>]
    public let backward: [Range<Double>]
    /// The part of the way back in which the gradient of the input was made; empty where none was.
    public let inputGradient: [Range<Double>]
    public let update: Range<Double>

    /// - Parameter inputGradient: empty ranges where it is left out.
    public init(
        forward: [Range<Double>], backward: [Range<Double>], update: Range<Double>,
        inputGradient: [Range<Double>]? = nil
    ) {
        self.forward = forward
        self.backward = backward
        self.inputGradient =
            inputGradient ?? backward.map { $0.lowerBound..<$0.lowerBound }
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
        inputGradient = (0..<pass.operations).map { seconds(pass.inputGradient($0)) }
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
