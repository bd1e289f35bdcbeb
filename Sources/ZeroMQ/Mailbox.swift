import CZeroMQ
import Glibc
import Synchronization

/// A queue into a thread that polls: any thread sends, and the owner's `Poller` wakes.
///
/// It is unbounded; senders that can outrun the owner need a limit of their own. Elements come out in
/// the order in which they went in.
public final class Mailbox<Element: Sendable>: Sendable {
    /// Readable exactly while the mailbox holds something. For polling only.
    public let descriptor: Int32
    private let queue = Mutex<[Element]>([])

    /// - Throws: `ZeroMQError.failed` if the process has no descriptors left.
    public init() throws(ZeroMQError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .of(code: errno, "create a mailbox") }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Never blocks for longer than another thread takes to append or drain.
    public func send(_ element: Element) {
        queue.withLock { queue in
            queue.append(element)
            if queue.count == 1 { eventfd_write(descriptor, 1) }
        }
    }

    /// Everything that waits, oldest first.
    public func drain() -> [Element] {
        queue.withLock { queue in
            guard !queue.isEmpty else { return [] }
            var count: eventfd_t = 0
            eventfd_read(descriptor, &count)
            let elements = queue
            queue = []
            return elements
        }
    }

    /// The oldest element, or nil if there is none now.
    public func tryReceive() -> Element? {
        queue.withLock { queue in
            guard !queue.isEmpty else { return nil }
            if queue.count == 1 {
                var count: eventfd_t = 0
                eventfd_read(descriptor, &count)
            }
            return queue.removeFirst()
        }
    }

    /// Waits for the oldest element on a plain thread (never on Swift's cooperative pool).
    ///
    /// - Parameter timeout: nil waits for ever.
    /// - Returns: nil when the time is up.
    public func receive(timeout: Duration?) -> Element? {
        let deadline = timeout.map { ContinuousClock.now.advanced(by: $0) }
        while true {
            if let element = tryReceive() { return element }
            let remaining = deadline.map { ($0 - .now).milliseconds } ?? -1
            if remaining == 0 { return nil }
            var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // Interrupted or woken in vain, the loop looks again.
            _ = poll(&item, 1, Int32(clamping: remaining))
        }
    }
}
