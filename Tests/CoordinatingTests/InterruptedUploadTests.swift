import Tensors
import Testing
import Training
import TrainingProtocol
import Wire
import ZeroMQ

@testable import Coordinating

@Suite("Uploads that are interrupted, repeated and late")
struct InterruptedUploadTests {
    private let received = ReceivedStates()
    private let store: StateStore

    init() {
        store = StateStore(
            run: RunID(1), term: Term(1), layout: SampleState.layout, newest: NewestState(nil),
            lastStep: Step(9),
            completed: received.append)
    }

    private func accept(_ piece: (StatePart, [UInt8]), _ step: Step) throws -> StateStore.Reception
    {
        try store.accept(piece.0, step: step, Message(piece.1))
    }

    @Test("another worker takes over the upload of a step, and late pieces of the first do no harm")
    func takenOver() throws {
        let dead = SampleState.pieces(of: SampleState.filled(7), size: 64, upload: 1)
        let survivor = SampleState.pieces(of: SampleState.filled(), size: 64, upload: 2)
        for piece in dead.dropLast() { #expect(try accept(piece, Step(4)) == .taken) }
        for piece in survivor.dropLast() {
            #expect(try accept(piece, Step(4)) == .taken)
            #expect(throws: CoordinatingError.self) { try accept(dead[0], Step(4)) }
        }
        #expect(received.all.isEmpty)
        #expect(try accept(survivor[survivor.count - 1], Step(4)) == .taken)
        #expect(received.all.map(\.0) == [Step(4)])
        #expect(received.all.first?.1.digest == SampleState.filled().digest)
    }

    @Test("a piece that comes again, before and after the last, changes nothing")
    func repeated() throws {
        let pieces = SampleState.pieces(of: SampleState.filled(), size: 64)
        for _ in 0..<3 {
            for piece in pieces.dropLast() { #expect(try accept(piece, Step(4)) == .taken) }
        }
        #expect(received.all.isEmpty)
        for piece in pieces.reversed() { #expect(try accept(piece, Step(4)) == .taken) }
        #expect(received.all.count == 1)
        #expect(received.all.first?.1.digest == SampleState.filled().digest)
    }

    @Test("pieces that overlap count every byte once")
    func overlapping() throws {
        let state = SampleState.filled()
        for size in [48, 80, 1 << 20] {
            for piece in SampleState.pieces(of: state, size: size).dropLast() {
                #expect(try accept(piece, Step(4)) == .taken)
            }
        }
        #expect(received.all.isEmpty)
        let last = try #require(SampleState.pieces(of: state, size: 1 << 20).last)
        #expect(try accept(last, Step(4)) == .taken)
        #expect(received.all.first?.1.digest == state.digest)
    }

    @Test("late pieces of an older step are refused, and the newer upload goes on")
    func olderStep() throws {
        let older = SampleState.pieces(of: SampleState.filled(7), size: 64, upload: 1)
        let newer = SampleState.pieces(of: SampleState.filled(), size: 64, upload: 2)
        let unknown = SampleState.pieces(of: SampleState.filled(9), size: 64, upload: 3)
        #expect(try accept(older[0], Step(4)) == .taken)
        for piece in newer.dropLast() {
            #expect(try accept(piece, Step(5)) == .taken)
            #expect(throws: CoordinatingError.self) { try accept(older[1], Step(4)) }
            #expect(throws: CoordinatingError.self) { try accept(unknown[0], Step(3)) }
        }
        #expect(try accept(newer[newer.count - 1], Step(5)) == .taken)
        #expect(received.all.map(\.0) == [Step(5)])
    }

    @Test("a state that could not be saved may be uploaded again, and then the next one")
    func again() throws {
        for (upload, step) in [(1, 4), (2, 4), (3, 5)] as [(UInt64, UInt64)] {
            for piece in SampleState.pieces(of: SampleState.filled(), size: 64, upload: upload) {
                #expect(try accept(piece, Step(step)) == .taken)
            }
        }
        #expect(received.all.map(\.0) == [Step(4), Step(4), Step(5)])
    }

    @Test("no step behind the run's last is taken in", arguments: [10, UInt64.max])
    func behindTheLast(step: UInt64) throws {
        let piece = try #require(SampleState.pieces(of: SampleState.filled(), size: 64).first)
        #expect(throws: CoordinatingError.self) { try accept(piece, Step(step)) }
        #expect(try accept(piece, Step(9)) == .taken)
    }
}
