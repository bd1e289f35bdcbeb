import Synchronization

/// Where the coordinator's control thread leaves how the run is, and others find it.
///
/// A reader takes a copy that shares its memory with the board until the next change: neither waits for the other longer than
/// for a few assignments.
public final class StatusBoard: Sendable {
    private let telemetry: Mutex<RunTelemetry>

    public init(_ telemetry: RunTelemetry) { self.telemetry = Mutex(telemetry) }

    public var current: RunTelemetry { telemetry.withLock { $0 } }

    public func update<Result: Sendable>(
        _ change: (inout RunTelemetry) -> Result
    ) -> Result {
        telemetry.withLock { change(&$0) }
    }
}
