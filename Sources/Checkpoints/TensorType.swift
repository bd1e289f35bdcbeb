/// An element type of the safetensors format, little-endian.
public enum TensorType: String, Sendable, Hashable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    /// Bytes of one element.
    public var width: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .int8, .uint8, .bool: 1
        }
    }
}

/// A tensor of a file: what it is called, its shape, and where its bytes lie.
public struct TensorRecord: Sendable, Hashable {
    public var name: String
    public var type: TensorType
    public var shape: [Int]
    /// Byte range within the file.
    public var bytes: Range<Int>

    public var count: Int { bytes.count / type.width }
}

/// A tensor to be written: bytes that stay where they are until the file takes them.
public struct TensorSource {
    public var name: String
    public var type: TensorType
    public var shape: [Int]
    /// Lends the tensor's bytes, in one piece or several in order. Together they must be as many as
    /// shape and type say; anything else is a programmer's error.
    public var lend: ((UnsafeRawBufferPointer) -> Void) -> Void

    public init(
        name: String, type: TensorType = .float32, shape: [Int],
        lend: @escaping ((UnsafeRawBufferPointer) -> Void) -> Void
    ) {
        self.name = name
        self.type = type
        self.shape = shape
        self.lend = lend
    }

    /// Bytes that the caller keeps alive and unchanged until the writing is done.
    public init(
        name: String, type: TensorType = .float32, shape: [Int], bytes: UnsafeRawBufferPointer
    ) {
        self.init(name: name, type: type, shape: shape) { $0(bytes) }
    }

    /// Float32 values, kept by the source.
    public init(name: String, shape: [Int], values: [Float]) {
        self.init(name: name, shape: shape) { take in values.withUnsafeBytes { take($0) } }
    }

    /// Bytes of the whole tensor.
    public var byteCount: Int { shape.reduce(type.width, *) }
}

extension Sequence<TensorSource> {
    /// By the bytes of their names, the order of files and hashes.
    func inNameOrder() -> [TensorSource] {
        sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
