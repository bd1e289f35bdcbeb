import Crypto

/// SHA-256, in hexadecimal, of weights: trainable tensors and running statistics.
///
/// Hashed is, for each tensor in the byte order of their names, the name in UTF-8, a zero byte, the
/// shape as decimals with commas between, a zero byte, and the elements as little-endian float32 in
/// row-major order. In Python, with `state` a dictionary of NumPy arrays:
///
///     for name in sorted(state, key=str.encode):
///         sha.update(name.encode() + b'\0' + ','.join(map(str, state[name].shape)).encode() + b'\0')
///         sha.update(state[name].astype('<f4').tobytes())
public func weightsSHA256(of tensors: [TensorSource]) -> String {
    var hash = SHA256()
    for tensor in tensors.inNameOrder() {
        precondition(tensor.type == .float32, "weights are float32")
        hash.update(data: weightsPrefix(tensor.name, tensor.shape))
        tensor.lend { hash.update(bufferPointer: $0) }
    }
    return hexadecimal(hash.finalize())
}

extension SafetensorsFile {
    /// `weightsSHA256(of:)` of the file's tensors.
    ///
    /// - Throws: `SavedStateError` if the file cannot be read, or a tensor is not float32.
    public func weightsSHA256() throws(SavedStateError) -> String {
        var hash = SHA256()
        for tensor in tensors {
            guard tensor.type == .float32 else {
                throw SavedStateError(
                    .malformed, path, "tensor \"\(tensor.name)\" is not float32, weights must be")
            }
            hash.update(data: weightsPrefix(tensor.name, tensor.shape))
            try forEachPiece(of: tensor) { hash.update(bufferPointer: $0) }
        }
        return hexadecimal(hash.finalize())
    }
}

private func weightsPrefix(_ name: String, _ shape: [Int]) -> [UInt8] {
    Array(name.utf8) + [0] + Array(shape.map(String.init).joined(separator: ",").utf8) + [0]
}
