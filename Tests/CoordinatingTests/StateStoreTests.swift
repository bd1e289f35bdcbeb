import Networks
import Synchronization
import Tensors
import Testing
import Training
import TrainingProtocol
import Wire
import ZeroMQ

@testable import Coordinating

@Suite("States on their way")
struct StateStoreTests {
    private let layout = TrainingState.Layout(
        tree: ParameterTree([
            Parameter(
                name: "w", shape: [100], role: .trainable(decays: true), initialiser: .constant(0)),
            Parameter(name: "m", shape: [4], role: .runningMean, initialiser: .constant(0)),
        ]), optimizerVectors: ["momentum"])

    private final class Received: Sendable {
        let states = Mutex<[(Step, TrainingState)]>([])
    }

    /// The pieces of a state, `size` bytes each.
    private func pieces(of state: TrainingState, size: Int) -> [(StatePart, [UInt8])] {
        zip(layout.vectors, state.vectors).flatMap { vector, buffer in
            stride(from: 0, to: buffer.bytes.count, by: size).map { offset in
                let end = min(offset + size, buffer.bytes.count)
                let bytes = Array(buffer.bytes[offset..<end])
                let checksum = bytes.withUnsafeBytes { Digest128(of: $0).low }
                return (
                    StatePart(
                        name: vector.name, offset: offset, total: buffer.bytes.count,
                        checksum: checksum), bytes
                )
            }
        }
    }

    private func filled() -> TrainingState {
        let state = TrainingState(layout: layout)
        for vector in state.vectors {
            for index in 0..<vector.count { vector[index] = Float(index) * 0.5 }
        }
        return state
    }

    @Test("a state that is uploaded in pieces is whole when the last one comes, in any order")
    func upload() throws {
        let received = Received()
        let store = StateStore(run: RunID(1), layout: layout, start: nil) { step, state in
            received.states.withLock { $0.append((step, state)) }
        }
        let state = filled()
        for (part, bytes) in pieces(of: state, size: 64).reversed() {
            #expect(received.states.withLock { $0.isEmpty })
            try store.accept(part, step: Step(4), Message(bytes))
        }
        let whole = received.states.withLock { $0 }
        #expect(whole.count == 1)
        #expect(whole.first?.0 == Step(4))
        #expect(whole.first?.1.digest == state.digest)
    }

    @Test("a damaged, misplaced or unknown piece is refused, and the upload is not complete")
    func refused() throws {
        let received = Received()
        let store = StateStore(run: RunID(1), layout: layout, start: nil) { step, state in
            received.states.withLock { $0.append((step, state)) }
        }
        let (part, bytes) = try #require(pieces(of: filled(), size: 64).first)
        var damaged = bytes
        damaged[3] ^= 1
        #expect(throws: CoordinatingError.self) {
            try store.accept(part, step: Step(4), Message(damaged))
        }
        for change in [{ $0.name = "other" }, { $0.total += 4 }, { $0.offset = 1 << 40 }]
            as [(inout StatePart) -> Void]
        {
            var wrong = part
            change(&wrong)
            #expect(throws: CoordinatingError.self) {
                try store.accept(wrong, step: Step(4), Message(bytes))
            }
        }
        #expect(received.states.withLock { $0.isEmpty })
    }

    @Test("the state that a run starts from is handed out piece by piece, and no other")
    func handedOut() throws {
        let state = filled()
        let store = StateStore(
            run: RunID(1), layout: layout, start: (Step(2), state), completed: { _, _ in })
        let (part, bytes) = try store.read("momentum", step: Step(2), offset: 16, length: 32)
        #expect(part.total == state.optimizer[0].bytes.count)
        #expect(bytes == Array(state.optimizer[0].bytes[16..<48]))
        #expect(throws: CoordinatingError.self) {
            try store.read("momentum", step: Step(3), offset: 0, length: 4)
        }
        #expect(throws: CoordinatingError.self) {
            try store.read("momentum", step: Step(2), offset: 0, length: 1 << 20)
        }
    }
}
