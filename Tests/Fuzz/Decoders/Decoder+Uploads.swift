import Coordinating
import Synchronization
import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

// Pieces of states in any order, from several workers: what is saved in the end is what one of them sent, whole.

extension Decoder {
    static func stateUpload(_ input: [UInt8]) -> String? {
        var reader = InputReader(input)
        let saved = SavedStates()
        let store = StateStore(
            run: RunID(9), term: Term(1), layout: UploadSample.layout, newest: NewestState(nil),
            lastStep: UploadSample.lastStep, completed: saved.append)
        var sent: [UploadSample.Key: SentState] = [:]
        for _ in 0..<64 where !reader.isAtEnd {
            let piece = UploadSample.Piece(&reader)
            do throws(CoordinatingError) {
                switch try store.accept(piece.part, step: piece.key.step, Message(piece.bytes)) {
                case .damaged:
                    guard !piece.isSound else { return "a sound piece is called damaged" }
                case .taken:
                    guard piece.isSound, piece.fits else { return "a piece is taken that is none" }
                    sent[piece.key, default: SentState()].note(piece)
                }
            } catch {
                if let problem = explained(error.description) { return problem }
            }
            for (step, state) in saved.taken() {
                guard step == piece.key.step, sent[piece.key]?.isComplete(as: state) == true else {
                    return "a state of step \(step) is saved that nobody sent"
                }
            }
        }
        return nil
    }
}

/// What a worker sent of a state, as far as it was taken.
private struct SentState {
    private var vectors: [[UInt8?]] = UploadSample.layout.vectors.map {
        Array(repeating: nil, count: $0.count * MemoryLayout<Float>.stride)
    }
    private var isSaved = false

    mutating func note(_ piece: UploadSample.Piece) {
        // What comes after the whole changes nothing.
        guard !isSaved, let vector = piece.vector else { return }
        vectors[vector].replaceSubrange(
            piece.part.offset..<piece.part.offset + piece.bytes.count,
            with: piece.bytes.map(Optional.some))
    }

    /// Whether a state that is saved has every byte that was sent, and is saved for the first time.
    mutating func isComplete(as state: TrainingState) -> Bool {
        defer { isSaved = true }
        return !isSaved
            && zip(vectors, state.vectors).allSatisfy { sent, vector in
                sent.elementsEqual(vector.bytes) { $0 == $1 }
            }
    }
}

private final class SavedStates: Sendable {
    private let states = Mutex<[(Step, TrainingState)]>([])

    func append(_ step: Step, _ state: TrainingState) {
        states.withLock { $0.append((step, state)) }
    }

    func taken() -> [(Step, TrainingState)] {
        states.withLock { states in
            defer { states = [] }
            return states
        }
    }
}
