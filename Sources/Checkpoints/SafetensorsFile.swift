/// A safetensors file open for reading: https://github.com/huggingface/safetensors.
///
/// The header is checked as a whole when the file is opened: nothing it says leads outside the file,
/// and the tensors fill the data exactly, without gap or overlap. Tensors are then read straight
/// into the caller's memory. Threads may read from one file together.
public final class SafetensorsFile: Sendable {
    /// Longest header that is read, the limit of the format's own library.
    static let largestHeader = 100_000_000

    public let path: String
    /// In the order of their names.
    public let tensors: [TensorRecord]
    /// The `__metadata__` of the header.
    public let metadata: [String: String]
    let file: FileReader

    /// - Throws: `SavedStateError` if the file cannot be read, or is no such file.
    public init(_ path: String) throws(SavedStateError) {
        let file = try FileReader(path)
        let length = try Self.headerLength(file)
        let header = try SafetensorsHeader(
            parsing: file.read(at: 8, count: length), path: path,
            dataBytes: file.count - 8 - length)
        self.path = path
        self.file = file
        metadata = header.metadata
        tensors = header.tensors.map { tensor in
            var tensor = tensor
            tensor.bytes =
                tensor.bytes.lowerBound + 8 + length..<tensor.bytes.upperBound + 8 + length
            return tensor
        }
    }

    private static func headerLength(_ file: FileReader) throws(SavedStateError) -> Int {
        guard file.count >= 8 else {
            throw SavedStateError(
                .malformed, file.path, "is \(file.count) bytes, too short for safetensors")
        }
        let length = try file.read(at: 0, count: 8).reversed()
            .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= largestHeader else {
            throw SavedStateError(
                .malformed, file.path,
                "claims a header of \(length) bytes, more than \(largestHeader)")
        }
        guard Int(length) <= file.count - 8 else {
            throw SavedStateError(
                .malformed, file.path,
                "claims a header of \(length) bytes and has \(file.count - 8) after its length")
        }
        return Int(length)
    }

    /// The tensor called `name`.
    ///
    /// - Throws: `SavedStateError` if there is none, or it is not of `shape` or `type`.
    public func tensor(
        _ name: String, type: TensorType = .float32, shape: [Int]
    ) throws(SavedStateError) -> TensorRecord {
        guard let tensor = tensors.first(where: { $0.name == name }) else {
            throw SavedStateError(.malformed, path, "has no tensor \"\(name)\"")
        }
        guard tensor.type == type && tensor.shape == shape else {
            throw SavedStateError(
                .malformed, path,
                "tensor \"\(name)\" is \(tensor.type.rawValue) \(tensor.shape), "
                    + "must be \(type.rawValue) \(shape)")
        }
        return tensor
    }

    /// Reads a tensor into `buffer`, which must have exactly its size.
    public func read(
        _ tensor: TensorRecord, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SavedStateError) {
        precondition(buffer.count == tensor.bytes.count, "a buffer of another size than the tensor")
        try file.read(at: tensor.bytes.lowerBound, into: buffer)
    }

    /// Reads a float32 tensor.
    public func values(_ tensor: TensorRecord) throws(SavedStateError) -> [Float] {
        precondition(tensor.type == .float32, "not a float32 tensor")
        var values = [Float](repeating: 0, count: tensor.count)
        var failure: SavedStateError?
        values.withUnsafeMutableBytes { buffer in
            do throws(SavedStateError) { try read(tensor, into: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        return values
    }

    /// Hands a tensor's bytes to `body`, piece by piece.
    func forEachPiece(
        of tensor: TensorRecord, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SavedStateError) {
        try file.forEachPiece(from: tensor.bytes.lowerBound, count: tensor.bytes.count, body)
    }
}
