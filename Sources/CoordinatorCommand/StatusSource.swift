import Coordinating
import Telemetry

/// Where the status of a run comes from: the coordinator that serves it, or its directory where none does.
final class StatusSource {
    private let selection: RunSelection
    private var request: OperatorRequest?

    init(_ selection: RunSelection) throws {
        self.selection = selection
    }

    func status() throws -> RunStatus {
        if let status = try unserved() { return status }
        do {
            let request = try request ?? selection.request()
            self.request = request
            return try request.status()
        } catch {
            // The run may have ended since the look at its directory.
            guard let status = try unserved() else { throw error }
            return status
        }
    }

    private func unserved() throws -> RunStatus? {
        try selection.directory.flatMap { try RunStatus(ofUnservedRunAt: $0) }
    }
}
