import Checkpoints
import Logging
import Synchronization
import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

/// The state that a run starts from, and the states that workers upload.
///
/// The data thread calls it; what is complete goes to a thread of its own to be saved, so that a slow disk holds
/// up no clip.
final class StateStore: Sendable {
    /// What workers send in one piece may be at most this large.
    static let maximumPartSize = 8 << 20

    private struct Upload {
        let step: Step
        let state: TrainingState
        /// Bytes that have not come yet, a number a vector.
        var missing: [Int]
    }

    let run: RunID
    private let layout: TrainingState.Layout
    /// Nil where the run starts from its seed.
    private let start: (step: Step, state: TrainingState)?
    private let upload = Mutex<Upload?>(nil)
    private let completed: @Sendable (Step, TrainingState) -> Void

    /// - Parameter completed: Called with each state that has arrived whole.
    init(
        run: RunID, layout: TrainingState.Layout, start: (step: Step, state: TrainingState)?,
        completed: @escaping @Sendable (Step, TrainingState) -> Void
    ) {
        self.run = run
        self.layout = layout
        self.start = start
        self.completed = completed
    }

    /// A piece of a vector of the state that the run starts from.
    func read(
        _ name: String, step: Step, offset: Int, length: Int
    ) throws(CoordinatingError) -> (StatePart, [UInt8]) {
        guard let start, start.step == step else {
            throw .data(problem: "the state of step \(step) is not handed out")
        }
        guard let index = layout.vectors.firstIndex(where: { $0.name == name }) else {
            throw .data(problem: "a state has no vector \"\(name)\"")
        }
        let vector = start.state.vectors[index]
        let bytes = UnsafeRawBufferPointer(vector.bytes)
        guard length > 0, length <= Self.maximumPartSize, offset <= bytes.count,
            length <= bytes.count - offset
        else {
            throw .data(problem: "\(name) has no \(length) bytes at \(offset)")
        }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
        let part = StatePart(
            name: name, offset: offset, total: bytes.count, checksum: Digest128(of: piece).low)
        return (part, Array(piece))
    }

    /// Takes in a piece. One upload is under way at a time; a piece of another step begins another.
    func accept(
        _ part: StatePart, step: Step, _ bulk: Message
    ) throws(CoordinatingError) {
        guard let index = layout.vectors.firstIndex(where: { $0.name == part.name }) else {
            throw .upload(problem: "a state has no vector \"\(part.name)\"")
        }
        let whole: Upload? = try upload.withLock { (current) throws(CoordinatingError) in
            if current?.step != step {
                current = Upload(
                    step: step, state: TrainingState(layout: layout),
                    missing: layout.vectors.map { $0.count * MemoryLayout<Float>.stride })
            }
            guard var upload = current else { return nil }
            let target = upload.state.vectors[index].bytes
            guard part.total == target.count, part.offset <= target.count,
                bulk.count <= target.count - part.offset, bulk.count <= upload.missing[index]
            else {
                throw .upload(
                    problem: "\(part.name): \(bulk.count) bytes at \(part.offset) of "
                        + "\(part.total) do not fit \(target.count)")
            }
            try bulk.withUnsafeBytes { (bytes) throws(CoordinatingError) in
                guard Digest128(of: bytes).low == part.checksum else {
                    throw .upload(problem: "\(part.name) was damaged on the way")
                }
                target[part.offset...].copyBytes(from: bytes)
            }
            upload.missing[index] -= bulk.count
            current = upload.missing.allSatisfy { $0 == 0 } ? nil : upload
            return current == nil ? upload : nil
        }
        if let whole { completed(whole.step, whole.state) }
    }
}
