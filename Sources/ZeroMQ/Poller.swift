import CZeroMQ
import Glibc

/// Waits for the first of several sockets, mailboxes and file descriptors.
///
/// ```swift
/// var poller = Poller()
/// let control = poller.add(router, .readable)
/// let orders = poller.add(mailbox)
/// try poller.wait(timeout: .milliseconds(50))
/// if poller.isReady(control) { … }
/// ```
/// It belongs to the thread of its sockets, and keeps them open while it lives.
public struct Poller {
    public struct Interest: OptionSet, Sendable {
        public let rawValue: Int16
        public init(rawValue: Int16) { self.rawValue = rawValue }
        public static let readable = Interest(rawValue: Int16(ZMQ_POLLIN))
        public static let writable = Interest(rawValue: Int16(ZMQ_POLLOUT))
    }

    /// What was added, to ask after later.
    public struct Key: Hashable, Sendable {
        let index: Int
    }

    private var items: [zmq_pollitem_t] = []
    private var sockets: [Socket?] = []

    public init() {}

    public mutating func add(_ socket: Socket, _ interest: Interest) -> Key {
        add(
            zmq_pollitem_t(socket: socket.handle, fd: -1, events: interest.rawValue, revents: 0),
            socket)
    }

    public mutating func add(descriptor: Int32, _ interest: Interest) -> Key {
        add(zmq_pollitem_t(socket: nil, fd: descriptor, events: interest.rawValue, revents: 0), nil)
    }

    /// Ready while the mailbox holds something.
    public mutating func add<Element>(_ mailbox: Mailbox<Element>) -> Key {
        add(descriptor: mailbox.descriptor, .readable)
    }

    private mutating func add(_ item: zmq_pollitem_t, _ socket: Socket?) -> Key {
        items.append(item)
        sockets.append(socket)
        return Key(index: items.count - 1)
    }

    /// Changes what to wait for; the empty set waits for nothing, and is never ready.
    public mutating func setInterest(_ key: Key, _ interest: Interest) {
        items[key.index].events = interest.rawValue
    }

    /// Waits until something is ready, or for `timeout`; nil waits for ever. Signals do not end a wait.
    ///
    /// - Returns: how many are ready.
    /// - Throws: `ZeroMQError.contextTerminated`.
    @discardableResult
    public mutating func wait(timeout: Duration?) throws(ZeroMQError) -> Int {
        for socket in sockets { socket?.assertOwner() }
        let deadline = timeout.map { ContinuousClock.now.advanced(by: $0) }
        var remaining = timeout?.milliseconds ?? -1
        while true {
            let ready = zmq_poll(&items, Int32(items.count), remaining)
            if ready >= 0 { return Int(ready) }
            guard zmq_errno() == EINTR else { throw .last("wait for sockets") }
            if let deadline { remaining = (deadline - .now).milliseconds }
        }
    }

    /// Whether the last wait found it ready, or its connection in error.
    public func isReady(_ key: Key) -> Bool {
        items[key.index].revents != 0
    }

    public func isReady(_ key: Key, _ interest: Interest) -> Bool {
        items[key.index].revents & interest.rawValue != 0
    }
}
