// Requests as a browser, a monitoring system and others send them.

extension Seeds {
    static let pageRequests = [
        "GET / HTTP/1.1\nHost: 127.0.0.1:8470\nAccept: */*\n",
        "GET /api/run?event=1&stride=1&step=5&entry=3&life=1-7 HTTP/1.1\nHost: localhost:8470\n"
            + "Authorization: Bearer \(PageSample.token)\n",
        "GET /api/status HTTP/1.1\nHost: [::1]:8470\nAuthorization: Bearer \(PageSample.token)\n",
        "GET /metrics HTTP/1.1\nAuthorization: Bearer wrong\nCookie: token=\(PageSample.token)\n",
        "POST /a%2Fb/../healthz?x=%41&x HTTP/1.1\nHost: 127.evil.example\n",
    ]

    /// Several on one connection, and bodies of every kind.
    static let pageConnections =
        [
            "GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                + "Connection: close\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
            "PUT / HTTP/1.0\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nabc",
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        ] + pageRequests.map { $0.replacing("\n", with: "\r\n") + "\r\n" }
}
