import Tensors
import Training
import Wire
import ZeroMQ

extension DataClient.Fetch {
    /// Takes in a piece, or says what is wrong with it.
    func problem(
        with piece: StatePieces.Piece, _ reply: DataReply, _ bulk: Message?
    ) -> WorkingError? {
        switch reply {
        case .failure(let problem):
            return .state(problem)
        case .clip, .accepted:
            return .state("a reply is of another kind")
        case .part(let part):
            let name = pieces.vectors[piece.vector].name
            let target = buffers[piece.vector].bytes
            guard let bulk, part.name == name, part.offset == piece.range.lowerBound,
                part.total == target.count, bulk.count == piece.range.count
            else { return .state("\(name) has another size than this model's") }
            return bulk.withUnsafeBytes { bytes in
                guard Digest128(of: bytes).low == part.checksum else {
                    return .state("\(name) was damaged on the way")
                }
                target[piece.range.lowerBound...].copyBytes(from: bytes)
                return nil
            }
        }
    }
}

extension DataClient.Upload {
    /// A piece as a message, without a copy: the state lives until libzmq has sent it.
    func part(_ piece: StatePieces.Piece) -> (StatePart, Message) {
        let vector = pieces.vectors[piece.vector]
        let buffer = state.vectors[piece.vector]
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[piece.range])
        let part = StatePart(
            name: vector.name, offset: piece.range.lowerBound, total: vector.bytes,
            checksum: Digest128(of: bytes).low)
        return (part, Message(lending: bytes) { withExtendedLifetime(buffer) {} })
    }
}
