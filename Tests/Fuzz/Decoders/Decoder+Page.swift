import Dashboard
import FlyingFox
import Foundation
import Telemetry

// Requests for the web page: past FlyingFox's reading of a connection, and through it.

extension Decoder {
    static func pageRequest(_ input: [UInt8]) -> String? {
        var reader = InputReader(input)
        let choice = reader.byte()
        let isLoopback = choice & 1 == 0
        let token = choice & 2 == 0 ? PageSample.token : nil
        let handler = PageSample.handler(token: token, isLoopback: isLoopback)
        guard let request = request(String(decoding: input.dropFirst(), as: UTF8.self)) else {
            return nil
        }
        do {
            let answer = try handler.answer(to: request)
            guard answer.code.code == 200 else {
                return answer.body.isEmpty ? "a refusal without a reason" : nil
            }
            if answer.headers[.contentType] == "application/json" {
                _ = try JSONSerialization.jsonObject(with: answer.body)
            }
            if let token, !PageSample.open.contains(request.path),
                request.headers[.authorization] != "Bearer \(token)"
            {
                return "\(request.path) is told to someone without the token"
            }
            return isLoopback && !isAtLoopback(request.headers[.host])
                ? "the page is shown under another name" : nil
        } catch {
            return "a request cannot be answered: \(error)"
        }
    }

    /// As FlyingFox reads one: a line, and headers until there are none.
    private static func request(_ text: String) -> HTTPRequest? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", maxSplits: 2)
        guard words.count == 3 else { return nil }
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var headers: [HTTPHeader: String] = [:]
        for line in lines.dropFirst().prefix(while: { !$0.isEmpty }) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[HTTPHeader(String(parts[0]))] =
                parts[1].trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return HTTPRequest(
            method: HTTPMethod(String(words[0])), version: .http11,
            target: HTTPRequest.Target(
                path: String(target[0]), query: target.count > 1 ? String(target[1]) : ""),
            headers: HTTPHeaders(headers), body: HTTPBodySequence())
    }

    /// Whether a browser that says this name has not looked it up: it is an address, of loopback.
    private static func isAtLoopback(_ host: String?) -> Bool {
        guard let host, host.split(separator: ":").first != "localhost" else { return true }
        let isAddress = host.unicodeScalars.allSatisfy {
            $0.isASCII && !$0.properties.isAlphabetic
        }
        return isAddress && (host.hasPrefix("127.") || host.hasPrefix("[::1]"))
    }
}

enum PageSample {
    static let token = "correct-horse-battery"
    /// What is for everyone.
    static let open: Set = [
        "/", "/style.css", "/page.js", "/format.js", "/chart.js", "/timeline.js", "/workers.js",
        "/healthz", "/readyz",
    ]

    static func handler(token: String?, isLoopback: Bool) -> DashboardHandler {
        DashboardHandler(
            board: board, token: token, isLoopback: isLoopback, stillness: .seconds(3600),
            metrics: { "metric 1\n" }, viewers: Viewers())
    }

    private static let board = StatusBoard(StatusSample.telemetry)
}
