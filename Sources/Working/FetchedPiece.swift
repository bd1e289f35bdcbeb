import Tensors
import TrainingProtocol
import Wire
import ZeroMQ

/// A piece of a state as a reply brings it.
struct FetchedPiece {
    private let piece: StatePieces.Piece
    private let name: String
    private let target: FloatBuffer

    init(_ piece: StatePieces.Piece, name: String, target: FloatBuffer) {
        self.piece = piece
        self.name = name
        self.target = target
    }

    /// Takes in the piece where its reply is whole.
    func contents(of reply: DataReply, _ bulk: Message?) -> ReplyContents<Void> {
        switch reply {
        case .failure(let problem):
            return .failed(.state(problem))
        case .clip, .accepted, .damaged:
            return .failed(.state("a reply is of another kind"))
        case .part(let part):
            let bytes = target.bytes
            guard let bulk, part.name == name, part.offset == piece.range.lowerBound,
                part.total == bytes.count, bulk.count == piece.range.count
            else { return .failed(.state("\(name) has another size than this model's")) }
            return bulk.withUnsafeBytes { source in
                guard Digest128(of: source).low == part.checksum else { return .damaged }
                bytes[piece.range.lowerBound...].copyBytes(from: source)
                return .whole(())
            }
        }
    }
}
