import Tensors
import Testing
import Training

@testable import Working

@Suite("A state that is lent")
struct StateLoanTests {
    private let piece = StatePieces.Piece(vector: 0, range: 4096..<8192)

    @Test("is read where it lies until its owner takes it back, and then as it was")
    func detached() throws {
        let state = SampleState.filled()
        let loan = StateLoan(state)
        let before = try #require(loan.bytes(of: piece))
        #expect(before == Array(state.vectors[0].bytes[piece.range]))
        loan.detach()
        for vector in state.vectors { vector.floats.update(repeating: -1) }
        #expect(loan.bytes(of: piece) == before)
    }

    @Test("is read no more, and kept by nobody, after the loan's end")
    func ended() {
        var state: TrainingState? = SampleState.filled()
        weak let watched = state
        let loan = state.map { StateLoan($0) }
        loan?.end()
        loan?.detach()
        #expect(loan?.isOpen == false)
        #expect(loan?.bytes(of: piece) == nil)
        state = nil
        #expect(watched == nil)
    }
}
