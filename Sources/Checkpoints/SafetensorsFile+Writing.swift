extension SafetensorsFile {
    /// Writes tensors to a file of their own: under a temporary name until it is whole and durable.
    public static func write(
        _ tensors: [TensorSource], metadata: [String: String] = ["format": "pt"], to path: String
    ) throws(SavedStateError) {
        let storage = Storage(fault: nil)
        let temporary = path + Storage.temporarySuffix
        _ = try SafetensorsWriter.write(
            tensors, metadata: metadata, to: temporary, storage: storage)
        try storage.rename(temporary, to: path)
        try storage.synchronizeDirectory(parent(of: path))
    }

    /// SHA-256 of the whole file, in hexadecimal.
    public func sha256() throws(SavedStateError) -> String { try file.sha256() }
}
