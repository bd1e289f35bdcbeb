import CZeroMQ
import Glibc
import Synchronization

/// One frame: bytes owned by libzmq, or lent to it until it has sent them.
///
/// A message never changes once made, and may be sent any number of times from any thread: sending
/// shares the bytes by reference count. Bytes received from a peer are read in place.
// @unchecked: the bytes are only read; `sharing` guards the header, which sending writes to.
public final class Message: @unchecked Sendable {
    private let header: UnsafeMutablePointer<zmq_msg_t>
    private let sharing = Mutex<Void>(())
    private let contents: UnsafeRawBufferPointer

    /// Takes over an initialised header.
    private init(adopting header: UnsafeMutablePointer<zmq_msg_t>) {
        self.header = header
        contents = UnsafeRawBufferPointer(start: zmq_msg_data(header), count: zmq_msg_size(header))
    }

    /// A message that holds a copy of `bytes`.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(adopting: Message.copy(bytes))
    }

    public convenience init(_ bytes: [UInt8] = []) {
        self.init(adopting: bytes.withUnsafeBytes(Message.copy))
    }

    public convenience init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// A message over memory of the caller, without a copy.
    ///
    /// - Parameters:
    ///   - bytes: must stay readable and unchanged until `release` runs.
    ///   - release: runs once, on whichever thread lets go of the bytes last: mostly an I/O thread of
    ///     libzmq. It must be short, must not block and must not touch a socket.
    public convenience init(
        lending bytes: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void
    ) {
        let header = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
        let hint = Unmanaged.passRetained(Release(run: release)).toOpaque()
        let status = zmq_msg_init_data(
            header, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count,
            { _, hint in
                guard let hint else { return }
                Unmanaged<Release>.fromOpaque(hint).takeRetainedValue().run()
            }, hint)
        precondition(status == 0, "out of memory for a message")
        self.init(adopting: header)
    }

    deinit {
        zmq_msg_close(header)
        header.deallocate()
    }

    private final class Release: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<zmq_msg_t> {
        let header = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
        // Fails only when memory is exhausted, as any other allocation would.
        precondition(zmq_msg_init_size(header, bytes.count) == 0, "out of memory for a message")
        if let source = bytes.baseAddress, bytes.count > 0 {
            memcpy(zmq_msg_data(header), source, bytes.count)
        }
        return header
    }
}

extension Message {
    /// The number of bytes.
    public var count: Int { contents.count }

    /// The bytes in place. They may start at any address: load vectors and numbers unaligned.
    public func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(contents)
    }

    /// A copy of the bytes.
    public var bytes: [UInt8] { Array(contents) }

    /// The bytes as text, or nil if they are not UTF-8.
    public var text: String? { String(validating: contents, as: UTF8.self) }

    /// The descriptor of the connection that this message came by, where its transport has one.
    ///
    /// Only good as a key, to match `SocketMonitor.Event.descriptor`; never read, write or close it. The identity that a
    /// router puts in front of a message does not always have it.
    public var sourceDescriptor: Int32? {
        let descriptor = zmq_msg_get(header, ZMQ_SRCFD)
        return descriptor >= 0 ? descriptor : nil
    }
}

extension Message {
    /// Who sent it, as `PeerAdmission` named the peer; nil where the connection is not encrypted.
    public var user: String? {
        zmq_msg_gets(header, "User-Id").map { String(cString: $0) }
    }

    /// Where it came from, as `10.0.0.3`, where its transport tells.
    public var peerAddress: String? {
        zmq_msg_gets(header, "Peer-Address").map { String(cString: $0) }
    }
}

extension Message {
    /// Sends the bytes by reference.
    ///
    /// - Returns: 0, or the error number.
    func send(to socket: UnsafeMutableRawPointer, flags: Int32) -> Int32 {
        var frame = zmq_msg_t()
        zmq_msg_init(&frame)
        let copied = sharing.withLock { _ in zmq_msg_copy(&frame, header) }
        guard copied == 0 else { return zmq_errno() }
        while zmq_msg_send(&frame, socket, flags) < 0 {
            let code = zmq_errno()
            if code == EINTR { continue }
            zmq_msg_close(&frame)
            return code
        }
        return 0
    }

    /// Receives one frame.
    ///
    /// - Returns: the frame and whether more of its message follow, or the error number.
    static func receive(
        from socket: UnsafeMutableRawPointer, flags: Int32
    ) -> Result<(frame: Message, more: Bool), ReceiveFailure> {
        let header = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
        zmq_msg_init(header)
        while zmq_msg_recv(header, socket, flags) < 0 {
            let code = zmq_errno()
            if code == EINTR { continue }
            zmq_msg_close(header)
            header.deallocate()
            return .failure(ReceiveFailure(code: code))
        }
        return .success((Message(adopting: header), zmq_msg_more(header) != 0))
    }

    struct ReceiveFailure: Error {
        let code: Int32
    }
}
