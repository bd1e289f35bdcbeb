import Dispatch
import FlyingFox
import FlyingSocks
import Foundation
import Synchronization
public import Telemetry

/// The web page of a run, and what monitoring asks for: `/metrics`, `/healthz`, `/readyz`.
///
/// It only shows: nothing that it is asked for changes the run. Requests are answered on Swift's cooperative pool, from a copy of the
/// status board; the coordinator's own threads neither wait for it nor know of it.
public final class Dashboard: Sendable {
    /// Why the page cannot be served.
    public struct ServingError: Error, CustomStringConvertible {
        public let description: String
    }

    /// Where it is served; the port is the one that was taken.
    public let address: DashboardAddress
    private let server: HTTPServer
    private let serving: Task<Void, Never>

    /// Listens and serves until `stop`. Not to be called from the cooperative pool, for it waits until the socket listens.
    ///
    /// - Parameters:
    ///   - token: What a request for anything but the page's own files and the probes must bear.
    ///   - metrics: The text of `/metrics`.
    /// - Throws: `ServingError` where the address cannot be had.
    public init(
        _ board: StatusBoard, at address: DashboardAddress, token: String?,
        metrics: @escaping @Sendable () -> String
    ) throws(ServingError) {
        do {
            let handler = DashboardHandler(
                board: board, token: token, isLoopback: address.isLoopback, metrics: metrics)
            let server = HTTPServer(
                config: HTTPServer.Configuration(
                    address: try address.socketAddress(), logger: .disabled),
                handler: handler)
            let (serving, port) = try Self.start(server)
            self.server = server
            self.serving = serving
            self.address = address.with(port: port ?? address.port)
        } catch {
            throw ServingError(
                description:
                    "the dashboard cannot be served at \(address) (\(error)): name another "
                    + "with --dashboard HOST:PORT")
        }
    }

    /// Answers what is under way, and closes.
    public func stop() {
        let done = DispatchSemaphore(value: 0)
        Task.detached { [server, serving] in
            await server.stop()
            await serving.value
            done.signal()
        }
        done.wait()
    }

    private static func start(
        _ server: HTTPServer
    ) throws -> (serving: Task<Void, Never>, port: UInt16?) {
        let started = Mutex<Result<UInt16?, any Error>?>(nil)
        let signal = DispatchSemaphore(value: 0)
        let tell: @Sendable (Result<UInt16?, any Error>) -> Void = { result in
            let isFirst = started.withLock { value in
                defer { value = value ?? result }
                return value == nil
            }
            if isFirst { signal.signal() }
        }
        let serving = Task.detached {
            do { try await server.run() } catch { tell(.failure(error)) }
        }
        Task.detached {
            do {
                try await server.waitUntilListening()
                tell(.success(await server.listeningAddress?.port))
            } catch { tell(.failure(error)) }
        }
        signal.wait()
        return (serving, try started.withLock { $0 }?.get())
    }
}

extension Socket.Address {
    fileprivate var port: UInt16? {
        switch self {
        case .ip4(_, let port), .ip6(_, let port): port
        case .unix: nil
        }
    }
}
