import Training
import TrainingProtocol

/// The pieces of a step's state, and which of them are still to come. A fetch that is interrupted, as by the loss of
/// another joiner, leaves what has come for the next one.
struct StateTransfer {
    let step: Step
    let all: Int
    private var waiting: [StatePieces.Piece]
    private var missing: Int
    private var tickets: UInt64 = 0

    init(of vectors: [TrainingState.Layout.Vector], step: Step) {
        let pieces = StatePieces.all(of: vectors)
        self.step = step
        all = pieces.count
        waiting = pieces.reversed()
        missing = pieces.count
    }

    var isDone: Bool { missing == 0 }
    var done: Int { all - missing }
    mutating func next() -> StatePieces.Piece? { waiting.popLast() }
    mutating func giveBack(_ piece: StatePieces.Piece) { waiting.append(piece) }
    mutating func finish() { missing -= 1 }
    mutating func ticket() -> UInt64 {
        tickets += 1
        return tickets
    }
}
