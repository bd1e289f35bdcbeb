import CZeroMQ
import Glibc

extension Socket {
    /// Waits for one message and returns its frames; a router puts the sender's identity first.
    ///
    /// - Throws: `ZeroMQError.contextTerminated`.
    public func receive() throws(ZeroMQError) -> [Message] {
        while true {
            if let frames = try receive(flags: 0) { return frames }
        }
    }

    /// One message if there is one now.
    ///
    /// - Throws: `ZeroMQError.contextTerminated`.
    public func tryReceive() throws(ZeroMQError) -> [Message]? {
        try receive(flags: ZMQ_DONTWAIT)
    }

    /// Waits for one message, but no longer than `timeout`.
    ///
    /// - Throws: `ZeroMQError.contextTerminated`.
    public func receive(timeout: Duration) throws(ZeroMQError) -> [Message]? {
        if let frames = try tryReceive() { return frames }
        var poller = Poller()
        let readable = poller.add(self, .readable)
        try poller.wait(timeout: timeout)
        return poller.isReady(readable) ? try tryReceive() : nil
    }

    /// Nil if a non-blocking call finds nothing. Frames of one message arrive together, so that only
    /// the first can be missing.
    private func receive(flags: Int32) throws(ZeroMQError) -> [Message]? {
        assertOwner()
        var frames: [Message] = []
        while true {
            switch Message.receive(from: handle, flags: flags) {
            case .success(let received):
                frames.append(received.frame)
                if !received.more { return frames }
            case .failure(let failure):
                if failure.code == EAGAIN, frames.isEmpty { return nil }
                throw .of(code: failure.code, "receive from a \(kind) socket")
            }
        }
    }
}
