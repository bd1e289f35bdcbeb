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
        if let directory = selection.directory,
            let status = try RunStatus(ofUnservedRunAt: directory)
        {
            return status
        }
        let request = try request ?? selection.request()
        self.request = request
        return try request.status()
    }
}
