import Training

/// Cuts the vectors of a state into pieces for the wire, some of them under way at a time.
struct StatePieces {
    struct Piece: Sendable, Equatable {
        /// Number of the vector in the layout.
        let vector: Int
        /// In bytes of the vector.
        let range: Range<Int>
    }

    /// Bytes of a piece: enough for the wire, and not so many that clips wait long behind it.
    static let pieceBytes = 4 << 20
    /// Pieces under way at once: the wire stays busy while one is acknowledged.
    private static let window = 4

    let vectors: [TrainingState.Layout.Vector]
    private var vector = 0
    private var offset = 0
    private var underWay = 0

    init(_ vectors: [TrainingState.Layout.Vector]) {
        self.vectors = vectors
        skipEmpty()
    }

    /// Whether every piece has been handed out and acknowledged.
    var isDone: Bool { vector == vectors.count && underWay == 0 }

    /// The next piece, while there is one and room for it.
    mutating func next() -> Piece? {
        guard vector < vectors.count, underWay < Self.window else { return nil }
        let end = min(offset + Self.pieceBytes, vectors[vector].bytes)
        let piece = Piece(vector: vector, range: offset..<end)
        underWay += 1
        offset = end
        if offset == vectors[vector].bytes {
            vector += 1
            offset = 0
            skipEmpty()
        }
        return piece
    }

    /// All pieces of a state, in order.
    static func all(of vectors: [TrainingState.Layout.Vector]) -> [Piece] {
        vectors.indices.flatMap { index in
            stride(from: 0, to: vectors[index].bytes, by: pieceBytes).map { offset in
                Piece(vector: index, range: offset..<min(offset + pieceBytes, vectors[index].bytes))
            }
        }
    }

    /// A piece has arrived.
    mutating func acknowledge() { underWay -= 1 }

    private mutating func skipEmpty() {
        while vector < vectors.count, vectors[vector].bytes == 0 { vector += 1 }
    }
}

extension TrainingState.Layout.Vector {
    var bytes: Int { count * MemoryLayout<Float>.stride }
}
