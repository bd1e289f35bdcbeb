import Tensors
import Testing
import Training
import TrainingProtocol
import Wire
import ZeroMQ

@testable import Coordinating

@Suite("States on their way")
struct StateStoreTests {
    private let layout = SampleState.layout

    @Test("a state that is uploaded in pieces is whole when the last one comes, in any order")
    func upload() throws {
        let received = ReceivedStates()
        let store = StateStore(
            run: RunID(1), term: Term(1), layout: layout, newest: NewestState(nil),
            lastStep: Step(9),
            completed: received.append)
        let state = SampleState.filled()
        for (part, bytes) in SampleState.pieces(of: state, size: 64).reversed() {
            #expect(received.all.isEmpty)
            #expect(try store.accept(part, step: Step(4), Message(bytes)) == .taken)
        }
        let whole = received.all
        #expect(whole.count == 1)
        #expect(whole.first?.0 == Step(4))
        #expect(whole.first?.1.digest == state.digest)
    }

    @Test("a damaged, misplaced or unknown piece is refused, and the upload is not complete")
    func refused() throws {
        let received = ReceivedStates()
        let store = StateStore(
            run: RunID(1), term: Term(1), layout: layout, newest: NewestState(nil),
            lastStep: Step(9),
            completed: received.append)
        let (part, bytes) = try #require(
            SampleState.pieces(of: SampleState.filled(), size: 64).first)
        var damaged = bytes
        damaged[3] ^= 1
        #expect(try store.accept(part, step: Step(4), Message(damaged)) == .damaged)
        for change in [
            { $0.name = "other" }, { $0.total += 4 }, { $0.offset = 1 << 40 }, { $0.offset = -4 },
        ]
            as [(inout StatePart) -> Void]
        {
            var wrong = part
            change(&wrong)
            #expect(throws: CoordinatingError.self) {
                try store.accept(wrong, step: Step(4), Message(bytes))
            }
        }
        #expect(received.all.isEmpty)
    }

    @Test("the state that a run starts from is handed out piece by piece, and no other")
    func handedOut() throws {
        let state = SampleState.filled()
        let store = StateStore(
            run: RunID(1), term: Term(1), layout: layout, newest: NewestState((Step(2), state)),
            lastStep: Step(9), completed: { _, _ in })
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
