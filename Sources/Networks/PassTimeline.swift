/// Is told when a pass begins and when each of its operations ends, in their order.
protocol PassObserver {
    func began()
    func operationEnded()
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
    private var next = 0

    public init(plan: Plan) {
        operations = plan.operations.count
        instants = .allocate(capacity: 2 * operations + 1)
        instants.initialize(repeating: ContinuousClock.now)
    }

    deinit { instants.deallocate() }

    func began() {
        instants[0] = ContinuousClock.now
        next = 1
    }

    func operationEnded() {
        instants[next] = ContinuousClock.now
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

    private func span(_ index: Int) -> Range<Instant> {
        precondition((0..<2 * operations).contains(index), "there is no such operation")
        return instants[index]..<instants[index + 1]
    }
}
