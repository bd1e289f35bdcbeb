import Coordinating
import Dashboard
import Dispatch
import Foundation
import Synchronization
import Telemetry

/// The web page of a run that this process coordinates.
struct ServedDashboard {
    private let dashboard: Dashboard

    /// Serves it, and says where.
    ///
    /// - Parameters:
    ///   - address: As `DashboardAddress` reads it.
    ///   - directory: The run's, which keeps the token.
    ///   - metrics: What `/metrics` answers.
    init(
        _ run: TrainingRun, at address: String, directory: String,
        metrics: @escaping @Sendable () -> String
    ) throws {
        guard let address = DashboardAddress(address) else {
            throw RunFailure(description: "\(address) is no address for the dashboard")
        }
        let token = address.isLoopback ? nil : try DashboardToken(inRunAt: directory)
        let board = run.board
        let text = token?.text
        dashboard = try waiting {
            try await Dashboard.serve(board, at: address, token: text, metrics: metrics)
        }
        let link = "http://\(Self.place(dashboard.address))/"
        guard let token else {
            run.say("dashboard: \(link)")
            return
        }
        // A terminal is seen by who started the run; a log may be read by others.
        run.say(
            isatty(STDOUT_FILENO) == 1
                ? "dashboard: \(link)#token=\(token.text)"
                : "dashboard: \(link), with the token in \(token.path)")
    }

    /// Where a viewer finds it: every interface is reached by the host's name.
    private static func place(_ address: DashboardAddress) -> String {
        ["0.0.0.0", "::"].contains(address.host)
            ? "\(ProcessInfo.processInfo.hostName):\(address.port)" : "\(address)"
    }

    func stop() {
        do { try waiting { [dashboard] in await dashboard.stop() } } catch {}
    }
}

/// Waits on this thread, which is none of the cooperative pool's, for what is done there.
private func waiting<Value: Sendable>(
    for work: @escaping @Sendable () async throws -> Value
) throws -> Value {
    let result = Mutex<Result<Value, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        let value: Result<Value, any Error>
        do { value = .success(try await work()) } catch { value = .failure(error) }
        result.withLock { $0 = value }
        done.signal()
    }
    done.wait()
    guard let value = result.withLock({ $0 }) else { throw CancellationError() }
    return try value.get()
}
