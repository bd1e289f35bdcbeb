import Checkpoints

extension SafetensorsFile {
    /// The numbers of a tensor in single precision.
    ///
    /// - Throws: `InterchangeError.type` for what is no floating-point tensor.
    func floats(_ tensor: TensorRecord) throws -> [Float] {
        switch tensor.type {
        case .float32: return try values(tensor)
        case .float64: return try elements(tensor) { Float(Double(bitPattern: $0)) }
        case .float16: return try elements(tensor) { Float(Float16(bitPattern: $0)) }
        case .bfloat16:
            return try elements(tensor) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        default:
            throw InterchangeError.type(path: path, tensor: tensor.name, found: tensor.type)
        }
    }

    private func elements<Bits: FixedWidthInteger>(
        _ tensor: TensorRecord, _ float: (Bits) -> Float
    ) throws -> [Float] {
        var bits = [Bits](repeating: 0, count: tensor.count)
        try bits.withUnsafeMutableBytes { try read(tensor, into: $0) }
        return bits.map { float(Bits(littleEndian: $0)) }
    }
}
