import Testing
import Training

@testable import Working

@Suite("Pieces of a state")
struct StatePiecesTests {
    @Test("cover every vector once, a few under way at a time")
    func cover() throws {
        let vectors = [
            TrainingState.Layout.Vector(name: "a", count: 3_000_000),
            TrainingState.Layout.Vector(name: "none", count: 0),
            TrainingState.Layout.Vector(name: "b", count: 17),
            TrainingState.Layout.Vector(name: "last", count: 0),
        ]
        var pieces = StatePieces(vectors)
        var ends = [0, 0, 0, 0]
        var underWay = 0
        while !pieces.isDone {
            if let piece = pieces.next() {
                #expect(piece.range.lowerBound == ends[piece.vector])
                #expect(!piece.range.isEmpty && piece.range.count <= StatePieces.pieceBytes)
                ends[piece.vector] = piece.range.upperBound
                underWay += 1
                #expect(underWay <= 4)
            } else {
                try #require(underWay > 0)
                pieces.acknowledge()
                underWay -= 1
            }
        }
        #expect(ends == vectors.map(\.bytes))
    }
}
