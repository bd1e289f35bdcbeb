import CZeroMQ
import Glibc

/// A libzmq context: the I/O threads that all sockets made from it share.
///
/// Every `Socket` keeps its context alive, so the context ends after the last of them is closed, and
/// ending waits at most the longest linger among them. Never let a message's release closure own a
/// context: the closure runs on an I/O thread, which cannot end itself.
public final class Context: Sendable {
    // libzmq contexts are thread-safe; the pointer never changes.
    nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - ioThreads: threads that move bytes; libzmq recommends one a GB/s.
    ///   - maximumSockets: how many sockets may be open at once.
    /// - Throws: `ZeroMQError.failed` if the system has no descriptors left.
    public init(ioThreads: Int = 1, maximumSockets: Int = 1023) throws(ZeroMQError) {
        Self.keepFrameMemory
        guard let handle = zmq_ctx_new() else { throw .last("create a ZeroMQ context") }
        self.handle = handle
        try set(ZMQ_IO_THREADS, ioThreads, "set \(ioThreads) I/O threads")
        try set(ZMQ_MAX_SOCKETS, maximumSockets, "allow \(maximumSockets) sockets")
    }

    /// libzmq allocates every frame that comes. By default glibc maps large ones afresh and gives freed
    /// memory back to the system, so that every page of every frame is zeroed by the kernel first: a
    /// fifth of the time of an all-reduce. Set once for the process, this keeps the memory instead.
    private static let keepFrameMemory: Void = {
        /// glibc's own upper limit.
        let largestKept: Int32 = 32 << 20
        let freeMemoryKept: Int32 = 256 << 20
        mallopt(M_MMAP_THRESHOLD, largestKept)
        mallopt(M_TRIM_THRESHOLD, freeMemoryKept)
    }()

    private func set(_ option: Int32, _ value: Int, _ attempt: String) throws(ZeroMQError) {
        guard zmq_ctx_set(handle, option, Int32(clamping: value)) == 0 else { throw .last(attempt) }
    }

    /// Makes every blocking call on every socket of this context throw
    /// `ZeroMQError.contextTerminated` at once, from any thread. Sockets are then only good for closing.
    public func shutdown() {
        _ = zmq_ctx_shutdown(handle)
    }

    deinit {
        while zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
    }
}
