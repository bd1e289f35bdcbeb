import Checkpoints
import Logging
import Synchronization
import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

/// The newest saved state, for workers to begin from, and the states that workers upload.
///
/// The data thread calls it; what is complete goes to a thread of its own to be saved, so that a slow disk holds
/// up no clip.
package final class StateStore: Sendable {
    /// What workers send in one piece may be at most this large.
    static let maximumPartSize = 8 << 20

    /// What became of a piece that fits.
    package enum Reception {
        case taken
        /// Its checksum is wrong.
        case damaged
    }

    let run: RunID
    let term: Term
    private let layout: TrainingState.Layout
    private let newest: NewestState
    private let lastStep: Step
    private let uploads: Mutex<StateUploads>
    private let completed: @Sendable (Step, TrainingState) -> Void

    /// - Parameters:
    ///   - newest: What is handed out.
    ///   - lastStep: Of the run; no state of a later one can be.
    ///   - completed: Called with each state that has arrived whole.
    package init(
        run: RunID, term: Term, layout: TrainingState.Layout,
        newest: NewestState, lastStep: Step,
        completed: @escaping @Sendable (Step, TrainingState) -> Void
    ) {
        self.run = run
        self.term = term
        self.layout = layout
        self.newest = newest
        self.lastStep = lastStep
        uploads = Mutex(StateUploads(layout))
        self.completed = completed
    }

    /// A piece of a vector of the newest saved state.
    func read(
        _ name: String, step: Step, offset: Int, length: Int
    ) throws(CoordinatingError) -> (StatePart, [UInt8]) {
        guard let saved = newest.value, saved.step == step else {
            throw .data(problem: "the state of step \(step) is not handed out")
        }
        let piece: (bytes: UnsafeRawBufferPointer, total: Int)
        do throws(StatePieceError) {
            piece = try saved.state.piece(
                of: name, at: offset, length: length, limit: Self.maximumPartSize)
        } catch {
            throw .data(problem: "\(error)")
        }
        let part = StatePart(
            name: name, offset: offset, total: piece.total,
            checksum: Digest128(of: piece.bytes).low)
        return (part, Array(piece.bytes))
    }

    /// Takes in a piece, any number of times and in any order.
    ///
    /// - Throws: `CoordinatingError.upload` for a piece that fits no state of this run, and for one of an upload
    ///   whose place another has taken.
    package func accept(
        _ part: StatePart, step: Step, _ bulk: Message
    ) throws(CoordinatingError) -> Reception {
        guard step <= lastStep else {
            throw .upload(problem: "step \(step) is behind the last, \(lastStep)")
        }
        guard let index = layout.vectors.firstIndex(where: { $0.name == part.name }) else {
            throw .upload(problem: "a state has no vector \"\(part.name)\"")
        }
        let size = layout.vectors[index].count * MemoryLayout<Float>.stride
        guard part.total == size, part.offset >= 0, part.offset <= size,
            bulk.count <= size - part.offset
        else {
            throw .upload(
                problem: "\(part.name): \(bulk.count) bytes at \(part.offset) of "
                    + "\(part.total) do not fit \(size)")
        }
        let isWhole = bulk.withUnsafeBytes { Digest128(of: $0).low == part.checksum }
        guard isWhole else { return .damaged }
        let state: TrainingState? = try uploads.withLock { (uploads) throws(CoordinatingError) in
            let key = StateUploads.Key(step: step, upload: part.upload)
            return try uploads.take(bulk, vector: index, offset: part.offset, of: key)
        }
        if let state { completed(step, state) }
        return .taken
    }
}
