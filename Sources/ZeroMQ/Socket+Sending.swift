import CZeroMQ
import Glibc

extension Socket {
    /// Sends one message of one or more frames, waiting while the queue is full.
    ///
    /// - Throws: `ZeroMQError.unroutable` from a mandatory router, `.contextTerminated`, and
    ///   `.wouldBlock` if the connection broke between two frames, in which case none is delivered.
    public func send(_ frames: [Message]) throws(ZeroMQError) {
        try check(sendFrames(frames, flags: 0), frames)
    }

    /// Sends one message of one or more frames if that can be done at once.
    ///
    /// - Returns: false if the queue is full, or there is no connection; nothing was sent then.
    /// - Throws: `ZeroMQError.unroutable` from a mandatory router, `.contextTerminated`.
    public func trySend(_ frames: [Message]) throws(ZeroMQError) -> Bool {
        let code = sendFrames(frames, flags: ZMQ_DONTWAIT)
        if code == EAGAIN { return false }
        try check(code, frames)
        return true
    }

    /// The first error number, or 0. A message is atomic for libzmq, but only once its last frame is
    /// handed over; so the rest follows a failed frame, to be dropped with it. Otherwise the head of
    /// the next message would be taken for the tail of this one.
    private func sendFrames(_ frames: [Message], flags: Int32) -> Int32 {
        assertOwner()
        precondition(!frames.isEmpty, "a message has at least one frame")
        var failure: Int32 = 0
        for (index, frame) in frames.enumerated() {
            let more = index < frames.count - 1 ? ZMQ_SNDMORE : 0
            let code = frame.send(to: handle, flags: flags | more)
            if code != 0, failure == 0 { failure = code }
            if failure != 0, index == 0 { return failure }
        }
        return failure
    }

    private func check(_ code: Int32, _ frames: [Message]) throws(ZeroMQError) {
        switch code {
        case 0: return
        case EHOSTUNREACH: throw .unroutable(peer: frames[0].bytes)
        default:
            let size = frames.reduce(0) { $0 + $1.count }
            throw .of(code: code, "send \(frames.count) frames, \(size) bytes")
        }
    }
}
