import Tensors

/// Why a state has no such piece.
public struct StatePieceError: Error, CustomStringConvertible {
    public let description: String
}

extension TrainingState {
    /// A piece of a vector, as it lies here, and the bytes of the whole vector.
    ///
    /// - Parameters:
    ///   - name: Of the vector in the layout.
    ///   - offset: In bytes.
    ///   - limit: Bytes that a piece may have at most.
    public func piece(
        of name: String, at offset: Int, length: Int, limit: Int
    ) throws(StatePieceError) -> (bytes: UnsafeRawBufferPointer, total: Int) {
        guard let index = layout.vectors.firstIndex(where: { $0.name == name }) else {
            throw StatePieceError(description: "a state has no vector \"\(name)\"")
        }
        let bytes = UnsafeRawBufferPointer(vectors[index].bytes)
        guard length > 0, length <= limit, offset >= 0, offset <= bytes.count,
            length <= bytes.count - offset
        else {
            throw StatePieceError(description: "\(name) has no \(length) bytes at \(offset)")
        }
        return (UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]), bytes.count)
    }
}
