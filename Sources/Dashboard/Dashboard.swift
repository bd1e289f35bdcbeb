import FlyingFox
import FlyingSocks
import Foundation
public import Telemetry

/// The web page of a run, and what monitoring asks for: `/metrics`, `/healthz`, `/readyz`.
///
/// It only shows: nothing that it is asked for changes the run. Requests are answered on Swift's cooperative pool, from a copy of the
/// status board; the coordinator's own threads neither wait for it nor know of it.
public final class Dashboard: Sendable {
    /// Why the page cannot be served.
    public struct ServingError: Error, CustomStringConvertible {
        public let description: String

        fileprivate init(at address: DashboardAddress, _ reason: String) {
            description =
                "the dashboard cannot be served at \(address) (\(reason)): name another with "
                + "--dashboard HOST:PORT"
        }
    }

    /// Where it is served; the port is the one that was taken.
    public let address: DashboardAddress
    private let server: HTTPServer
    private let serving: Task<Void, Never>
    private let viewers: Viewers
    private let board: StatusBoard
    /// A viewer who does not ask within this is not waited for.
    private static let farewell = Duration.seconds(2)

    private init(
        address: DashboardAddress, server: HTTPServer, serving: Task<Void, Never>,
        viewers: Viewers, board: StatusBoard
    ) {
        self.viewers = viewers
        self.board = board
        self.address = address
        self.server = server
        self.serving = serving
    }

    /// Listens, and serves until `stop`.
    ///
    /// - Parameters:
    ///   - token: What a request for anything but the page's own files and the probes must bear.
    ///   - stillness: A coordinator whose control thread has not moved for so long is not well (`/healthz`).
    ///   - metrics: The text of `/metrics`.
    /// - Throws: `ServingError` where the address cannot be had.
    public static func serve(
        _ board: StatusBoard, at address: DashboardAddress, token: String?,
        stillness: Duration = .seconds(30),
        metrics: @escaping @Sendable () -> String
    ) async throws(ServingError) -> Dashboard {
        do {
            let viewers = Viewers()
            let handler = DashboardHandler(
                board: board, token: token, isLoopback: address.isLoopback, stillness: stillness,
                metrics: metrics, viewers: viewers)
            let server = HTTPServer(
                config: HTTPServer.Configuration(
                    address: try address.socketAddress(), logger: .disabled),
                handler: handler)
            let (serving, port) = try await start(server)
            return Dashboard(
                address: address.with(port: port ?? address.port), server: server,
                serving: serving, viewers: viewers, board: board)
        } catch {
            throw ServingError(at: address, reason(error))
        }
    }

    /// Refuses an address that cannot be had, before anything is made that is to be shown there.
    ///
    /// - Throws: `ServingError`.
    public static func check(_ address: DashboardAddress) throws(ServingError) {
        do {
            let place = try address.socketAddress()
            let socket = try Socket(domain: Int32(type(of: place).family))
            // It has served its purpose, however that went.
            defer { close(socket.file.rawValue) }
            // As the server takes it: what another has just left is free.
            try socket.setValue(true, for: .localAddressReuse)
            try socket.bind(to: place)
            try socket.listen()
        } catch {
            throw ServingError(at: address, reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        if case SocketError.failed(_, let code, _) = error {
            return String(cString: strerror(code))
        }
        return "\(error)"
    }

    /// Closes; a page that is open is told first how the run ended.
    public func stop() async {
        let deadline = ContinuousClock.now + Self.farewell
        while board.current.status.phase == .ended, viewers.areLeftWondering, .now < deadline {
            do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
        }
        await server.stop()
        await serving.value
    }

    /// Waits until the server listens, or fails to.
    private static func start(
        _ server: HTTPServer
    ) async throws -> (serving: Task<Void, Never>, port: UInt16?) {
        let (outcomes, outcome) = AsyncThrowingStream<UInt16?, any Error>.makeStream()
        let serving = Task {
            do { try await server.run() } catch { outcome.finish(throwing: error) }
        }
        let listening = Task {
            do {
                try await server.waitUntilListening()
                outcome.yield(await server.listeningAddress?.port)
                outcome.finish()
            } catch { outcome.finish(throwing: error) }
        }
        defer { listening.cancel() }
        for try await port in outcomes { return (serving, port) }
        return (serving, nil)
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
