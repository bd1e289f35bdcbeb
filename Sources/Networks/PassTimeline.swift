/// Is told when a pass begins and when each of its operations ends, in their order.
protocol PassObserver {
    func began()
    func operationEnded()
    /// Where an operation notes an instant in its midst.
    var middle: UnsafeMutablePointer<PassTimeline.Instant>? { get }
}

extension PassObserver {
    var middle: UnsafeMutablePointer<PassTimeline.Instant>? { nil }
}

/// The ordinary pass: compiled, it is as if nobody could look.
struct Unobserved: PassObserver {
    @inline(__always) func began() {}
    @inline(__always) func operationEnded() {}
}

/// When the operations of one training pass began and ended: each begins as the one before it ends.
///
/// Memory is taken when the timeline is made; a pass reads a clock between its operations.
///
/// Not Sendable: it belongs to the thread of its executor.
public final class PassTimeline: PassObserver {
    public typealias Instant = ContinuousClock.Instant

    /// Operations of the plan.
    public let operations: Int
    /// The beginning, and the end of each operation: forward, then backward from the last.
    private let instants: UnsafeMutableBufferPointer<Instant>
    /// Of each operation, in the same order: when it had the gradient of its input, where it told.
    private let middles: UnsafeMutableBufferPointer<Instant>
    private let noted: UnsafeMutablePointer<Instant>
    private var next = 0

    public init(plan: Plan) {
        operations = plan.operations.count
        instants = .allocate(capacity: 2 * operations + 1)
        let now = ContinuousClock.now
        instants.initialize(repeating: now)
        middles = .allocate(capacity: 2 * operations)
        middles.initialize(repeating: now)
        noted = .allocate(capacity: 1)
        noted.initialize(to: now)
    }

    deinit {
        instants.deallocate()
        middles.deallocate()
        noted.deallocate()
    }

    var middle: UnsafeMutablePointer<Instant>? { noted }

    func began() {
        instants[0] = ContinuousClock.now
        next = 1
    }

    func operationEnded() {
        instants[next] = ContinuousClock.now
        middles[next - 1] = noted.pointee
        next += 1
    }

    /// When the pass began.
    public var start: Instant { instants[0] }

    /// When the operation of this number went forward.
    public func forward(_ operation: Int) -> Range<Instant> { span(operation) }

    /// When the operation of this number went backward.
    public func backward(_ operation: Int) -> Range<Instant> {
        span(2 * operations - 1 - operation)
    }

    /// The part of its way back in which the operation made the gradient of its input. Empty where it
    /// made none, or did not tell.
    public func inputGradient(_ operation: Int) -> Range<Instant> {
        let whole = backward(operation)
        let middle = middles[2 * operations - 1 - operation]
        return whole.lowerBound..<(whole.contains(middle) ? middle : whole.lowerBound)
    }

    private func span(_ index: Int) -> Range<Instant> {
        precondition((0..<2 * operations).contains(index), "there is no such operation")
        return instants[index]..<instants[index + 1]
    }
}
