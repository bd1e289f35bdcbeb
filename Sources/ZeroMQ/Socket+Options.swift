import CZeroMQ

extension Socket {
    func apply(_ options: SocketOptions) throws(ZeroMQError) {
        try setLinger(options.linger)
        try set(ZMQ_SNDHWM, options.sendHighWaterMark, "sendHighWaterMark")
        try set(ZMQ_RCVHWM, options.receiveHighWaterMark, "receiveHighWaterMark")
        try set(ZMQ_IPV6, options.ipv6 ? 1 : 0, "ipv6")
        try set(ZMQ_IMMEDIATE, options.immediate ? 1 : 0, "immediate")
        if kind == .router {
            try set(ZMQ_ROUTER_MANDATORY, options.mandatoryRouting ? 1 : 0, "mandatoryRouting")
            try set(ZMQ_ROUTER_HANDOVER, options.routerHandover ? 1 : 0, "routerHandover")
        }
        if let identity = options.routingID {
            try set(ZMQ_ROUTING_ID, identity, "routingID")
        }
        if let size = options.maximumMessageSize {
            try set(wide: ZMQ_MAXMSGSIZE, Int64(size), "maximumMessageSize")
        }
        try set(ZMQ_SNDBUF, options.kernelSendBuffer, "kernelSendBuffer")
        try set(ZMQ_RCVBUF, options.kernelReceiveBuffer, "kernelReceiveBuffer")
        try set(wide: ZMQ_AFFINITY, Int64(bitPattern: options.ioThreads), "ioThreads")
        try applyConnection(options)
        if let curve = options.curve { try apply(curve) }
    }

    private func apply(_ role: CurveRole) throws(ZeroMQError) {
        switch role {
        case .server(let keys, let domain, _):
            try set(ZMQ_CURVE_SERVER, 1, "curve server")
            try set(ZMQ_CURVE_SECRETKEY, keys.secretKey.bytes, "curve secret key")
            try set(ZMQ_ZAP_DOMAIN, Array(domain.utf8), "admission domain")
            // Whoever connects when no handler answers is refused, instead of taken.
            try set(LOCKSTEP_ZAP_ENFORCE_DOMAIN, 1, "enforced admission")
        case .client(let keys, let server):
            try set(ZMQ_CURVE_SERVERKEY, server.bytes, "curve server key")
            try set(ZMQ_CURVE_PUBLICKEY, keys.publicKey.bytes, "curve public key")
            try set(ZMQ_CURVE_SECRETKEY, keys.secretKey.bytes, "curve secret key")
        }
    }

    private func applyConnection(_ options: SocketOptions) throws(ZeroMQError) {
        try set(ZMQ_HANDSHAKE_IVL, options.handshakeInterval?.milliseconds, "handshakeInterval")
        try set(ZMQ_CONNECT_TIMEOUT, options.connectTimeout?.milliseconds, "connectTimeout")
        try set(ZMQ_RECONNECT_IVL, options.reconnectInterval?.milliseconds, "reconnectInterval")
        try set(
            ZMQ_RECONNECT_IVL_MAX, options.maximumReconnectInterval?.milliseconds,
            "maximumReconnectInterval")
        if let heartbeat = options.heartbeat {
            try set(ZMQ_HEARTBEAT_IVL, heartbeat.interval.milliseconds, "heartbeat.interval")
            try set(ZMQ_HEARTBEAT_TIMEOUT, heartbeat.timeout.milliseconds, "heartbeat.timeout")
            try set(ZMQ_HEARTBEAT_TTL, heartbeat.timeToLive.milliseconds, "heartbeat.timeToLive")
        }
        if let keepAlive = options.keepAlive {
            try set(ZMQ_TCP_KEEPALIVE, 1, "keepAlive")
            try set(ZMQ_TCP_KEEPALIVE_IDLE, keepAlive.idle.wholeSeconds, "keepAlive.idle")
            try set(ZMQ_TCP_KEEPALIVE_INTVL, keepAlive.interval.wholeSeconds, "keepAlive.interval")
            try set(ZMQ_TCP_KEEPALIVE_CNT, keepAlive.probes, "keepAlive.probes")
        }
    }

    /// Changes how long closing goes on handing over messages; nil means for ever.
    public func setLinger(_ linger: Duration?) throws(ZeroMQError) {
        assertOwner()
        try set(ZMQ_LINGER, linger.map { $0.milliseconds } ?? -1, "linger")
    }

    private func set(_ option: Int32, _ value: Int?, _ name: String) throws(ZeroMQError) {
        guard let value else { return }
        var number = Int32(clamping: value)
        guard zmq_setsockopt(handle, option, &number, MemoryLayout<Int32>.size) == 0 else {
            throw .last("set socket option \(name) to \(value)")
        }
    }

    private func set(wide option: Int32, _ value: Int64, _ name: String) throws(ZeroMQError) {
        var number = value
        guard zmq_setsockopt(handle, option, &number, MemoryLayout<Int64>.size) == 0 else {
            throw .last("set socket option \(name) to \(value)")
        }
    }

    func set(_ option: Int32, _ value: [UInt8], _ name: String) throws(ZeroMQError) {
        guard zmq_setsockopt(handle, option, value, value.count) == 0 else {
            throw .last("set socket option \(name) to \(value.count) bytes")
        }
    }

    /// The endpoint of the last `bind` or `connect`, as libzmq resolved it.
    func lastEndpoint() throws(ZeroMQError) -> String {
        // An ipc path has at most 108 bytes, a host name 253.
        var text = [UInt8](repeating: 0, count: 512)
        var count = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else {
            throw .last("read the endpoint of a socket")
        }
        return String(decoding: text.prefix(max(count - 1, 0)), as: UTF8.self)
    }
}

extension Duration {
    /// Whole milliseconds, rounded up so that no wait ends early; never negative.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int(max(0, seconds * 1000 + part))
    }

    /// Whole seconds, rounded up, at least one.
    var wholeSeconds: Int {
        let (seconds, attoseconds) = components
        return Int(max(1, seconds + (attoseconds > 0 ? 1 : 0)))
    }
}
