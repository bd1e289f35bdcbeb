import FlyingFox
import Foundation
import Telemetry

/// Answers the requests of a browser or a monitoring system.
package struct DashboardHandler: HTTPHandler {
    private let board: StatusBoard
    private let token: String?
    private let isLoopback: Bool
    private let stillness: Duration
    private let metrics: @Sendable () -> String
    private let viewers: Viewers

    package init(
        board: StatusBoard, token: String?, isLoopback: Bool, stillness: Duration,
        metrics: @escaping @Sendable () -> String, viewers: Viewers
    ) {
        self.board = board
        self.token = token
        self.isLoopback = isLoopback
        self.stillness = stillness
        self.metrics = metrics
        self.viewers = viewers
    }

    package func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        try answer(to: request).response
    }

    package func answer(to request: HTTPRequest) throws -> DashboardAnswer {
        guard request.method == .GET else { return text(.methodNotAllowed, "only GET is answered") }
        guard !isLoopback || isAddressedHere(request) else {
            return text(.forbidden, "ask for this page by a loopback address")
        }
        switch request.path {
        case "/healthz": return health()
        case "/readyz": return readiness()
        default: break
        }
        if let file = PageFile(path: request.path) { return page(file) }
        guard isAllowed(request) else {
            var refusal = text(
                .unauthorized, "this needs the run's token: Authorization: Bearer TOKEN")
            refusal.headers[HTTPHeader("WWW-Authenticate")] = "Bearer"
            return refusal
        }
        switch request.path {
        case "/api/status":
            return answer(try board.current.status.json(), "application/json")
        case "/api/run":
            let seen = RunDocument.Seen(request.query)
            let telemetry = board.current
            viewers.told(ended: telemetry.status.phase == .ended)
            return answer(try RunDocument(telemetry).json(after: seen), "application/json")
        case "/metrics":
            return answer(Data(metrics().utf8), "text/plain; version=0.0.4; charset=utf-8")
        default:
            return text(.notFound, "there is nothing at \(request.path)")
        }
    }

    // MARK: Who may ask

    /// A page from elsewhere whose name was made to point to loopback would still say its own name, which may begin as
    /// an address does.
    private func isAddressedHere(_ request: HTTPRequest) -> Bool {
        guard let host = request.headers[.host] else { return true }
        let hasPort = host.contains(":") && !host.hasSuffix("]")
        return DashboardAddress(hasPort ? host : host + ":80")?.isLoopback == true
    }

    private func isAllowed(_ request: HTTPRequest) -> Bool {
        guard let token else { return true }
        guard let given = request.headers[.authorization], given.hasPrefix("Bearer ") else {
            return false
        }
        return Self.equal(Array(given.dropFirst(7).utf8), Array(token.utf8))
    }

    /// Takes as long wherever the first difference is.
    private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: Answers

    private func health() -> DashboardAnswer {
        let telemetry = board.current
        let still = ContinuousClock.now - telemetry.observedAt
        guard telemetry.status.phase == .ended || still < stillness else {
            return text(
                .serviceUnavailable,
                "the control thread has not moved for \(still.components.seconds) s")
        }
        return text(.ok, "ok")
    }

    private func readiness() -> DashboardAnswer {
        let status = board.current.status
        switch status.phase {
        case .training, .evaluating, .saving:
            return text(.ok, "\(status.phase.rawValue) with \(status.members) workers")
        case .gathering, .ended, .interrupted:
            return text(.serviceUnavailable, status.reason ?? status.phase.rawValue)
        }
    }

    private func page(_ file: PageFile) -> DashboardAnswer {
        var answer = answer(Data(file.bytes), file.type)
        answer.headers[HTTPHeader("Content-Security-Policy")] =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return answer
    }

    private func text(_ code: HTTPStatusCode, _ text: String) -> DashboardAnswer {
        answer(Data((text + "\n").utf8), "text/plain; charset=utf-8", code)
    }

    private func answer(
        _ body: Data, _ type: String, _ code: HTTPStatusCode = .ok
    ) -> DashboardAnswer {
        DashboardAnswer(
            code: code,
            headers: [
                .contentType: type, HTTPHeader("Cache-Control"): "no-store",
                HTTPHeader("X-Content-Type-Options"): "nosniff",
                HTTPHeader("Referrer-Policy"): "no-referrer",
            ], body: body)
    }
}
