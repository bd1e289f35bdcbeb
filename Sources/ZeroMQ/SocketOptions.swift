/// How a socket queues, connects and ends. The defaults are libzmq's, but for `linger`.
public struct SocketOptions: Sendable {
    /// How long closing goes on handing over messages that are already queued; nil means for ever.
    public var linger: Duration? = .zero
    /// Messages (not bytes) a peer that may wait to be sent; 0 means no limit.
    public var sendHighWaterMark = 1000
    /// Messages a peer that may wait to be received; 0 means no limit.
    public var receiveHighWaterMark = 1000
    /// A router throws for a peer that it does not know, where it would silently drop the message.
    public var mandatoryRouting = false
    /// A router lets a new connection take over the routing identity of an old one.
    public var routerHandover = false
    /// Queue only for connections that stand, instead of for those still being made.
    public var immediate = false
    /// What a router calls this socket; 1 to 255 bytes, of which the first is not 0.
    public var routingID: [UInt8]?
    /// A connection that has not finished its greeting by then is closed.
    public var handshakeInterval: Duration?
    /// A connection attempt is given up after this; nil leaves it to the system.
    public var connectTimeout: Duration?
    /// The pause before the first attempt to connect again.
    public var reconnectInterval: Duration?
    /// The pause doubles up to this; nil keeps it constant.
    public var maximumReconnectInterval: Duration?
    /// ZMTP pings, sent and answered by the I/O threads.
    public var heartbeat: Heartbeat?
    /// TCP keepalive probes, sent and answered by the kernels.
    public var keepAlive: KeepAlive?
    /// A peer that sends a larger frame is disconnected; nil means no limit.
    public var maximumMessageSize: Int?
    /// Bytes of the kernel's send buffer; nil leaves it to the system.
    public var kernelSendBuffer: Int?
    /// Bytes of the kernel's receive buffer; nil leaves it to the system.
    public var kernelReceiveBuffer: Int?
    /// Encrypts, and tells who may connect; nil speaks in the clear.
    public var curve: CurveRole?
    /// Which of the context's I/O threads move this socket's bytes, a bit each; 0 means any.
    public var ioThreads: UInt64 = 0
    /// Bind and connect to IPv6 addresses too.
    public var ipv6 = false

    public init() {}

    public struct Heartbeat: Sendable {
        /// Between pings.
        public var interval: Duration
        /// Without any answer for so long after a ping, the connection is closed.
        public var timeout: Duration
        /// What the peer is asked to close the connection after, if it hears nothing of us.
        public var timeToLive: Duration

        public init(interval: Duration, timeout: Duration, timeToLive: Duration) {
            self.interval = interval
            self.timeout = timeout
            self.timeToLive = timeToLive
        }
    }

    public struct KeepAlive: Sendable {
        /// Silence before the first probe.
        public var idle: Duration
        /// Between probes.
        public var interval: Duration
        /// Unanswered probes until the connection counts as broken.
        public var probes: Int

        public init(idle: Duration, interval: Duration, probes: Int) {
            self.idle = idle
            self.interval = interval
            self.probes = probes
        }
    }
}
