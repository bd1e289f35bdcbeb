import Tensors
import ZeroMQ

extension Reduction {
    /// How many subtree sums this member sends of every chunk that it does not own.
    var sumsToSend: Int { covers[me].count }

    /// A chunk of one of this member's sums, for the chunk's owner.
    ///
    /// - Parameter release: runs when libzmq has let go of the bytes.
    func partial(
        _ chunk: Int, sum: Int, release: @escaping @Sendable () -> Void
    ) throws(ExchangeError) -> [Message] {
        let (buffer, checksum) = ownSum(sum, chunk)
        return try frames(.partial, chunk, covers[me][sum], checksum, buffer, release)
    }

    /// A finished chunk, for everyone.
    func reduced(
        _ chunk: Int, release: @escaping @Sendable () -> Void
    ) throws(ExchangeError) -> [Message] {
        try frames(
            .reduced, chunk, membership.tree.root, checksum(ofTarget: chunk), target, release)
    }

    private func frames(
        _ phase: ChunkEnvelope.Phase, _ chunk: Int, _ subtree: Subtree, _ checksum: UInt64,
        _ buffer: FloatBuffer, _ release: @escaping @Sendable () -> Void
    ) throws(ExchangeError) -> [Message] {
        let envelope = ChunkEnvelope(
            run: membership.run, moment: moment, phase: phase, chunk: chunk, sender: me,
            subtree: subtree, checksum: checksum)
        let head = Message(try envelope.frame())
        let bytes = UnsafeRawBufferPointer(
            UnsafeBufferPointer(rebasing: buffer.floats[layout.floats(of: chunk)]))
        // The closure keeps the buffer alive until its last byte is sent.
        return [head, Message(lending: bytes) { withExtendedLifetime(buffer) { release() } }]
    }
}
