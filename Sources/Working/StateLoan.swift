import Synchronization
import Tensors
import Training

/// A state that another thread reads, piece by piece, while its owner goes on.
///
/// There is nothing to copy unless the owner is about to change the state before all of it is read.
final class StateLoan: Sendable {
    /// The lock is held while a piece is copied, so that no piece is read of a state that changes. Nil once
    /// nobody reads any more.
    private let state: Mutex<TrainingState?>
    let layout: TrainingState.Layout

    init(_ state: TrainingState) {
        layout = state.layout
        self.state = Mutex(state)
    }

    /// A copy of some bytes of a vector; nil after the loan's end.
    func bytes(of piece: StatePieces.Piece) -> [UInt8]? {
        state.withLock { state in
            state.map { Array($0.vectors[piece.vector].bytes[piece.range]) }
        }
    }

    /// Nothing more is read.
    func end() { state.withLock { $0 = nil } }

    /// Whether something is still to be read.
    var isOpen: Bool { state.withLock { $0 != nil } }

    /// From now on the owner may change the state: what is still to be read is read from a copy.
    func detach() { state.withLock { $0 = $0?.copy() } }
}
