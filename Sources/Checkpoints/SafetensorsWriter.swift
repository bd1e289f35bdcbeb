/// Writes tensors in the safetensors format, from where they lie.
///
/// The same tensors give the same bytes: the header lists them in the order of their names, metadata
/// first. The data holds wide element types first and then goes by name, as the format's own library
/// does it, so that every tensor is aligned to its elements; it starts at a multiple of 8 bytes.
enum SafetensorsWriter {
    static func write(
        _ tensors: [TensorSource], metadata: [String: String], to path: String, storage: Storage
    ) throws(SavedStateError) -> FileWriter.Record {
        let named = tensors.inNameOrder()
        // A stable sort, because tensors of one width stay in the order of their names.
        let placed = named.enumerated().sorted {
            ($1.element.type.width, $0.offset) < ($0.element.type.width, $1.offset)
        }
        var starts = [Int](repeating: 0, count: named.count)
        var end = 0
        for (index, tensor) in placed {
            starts[index] = end
            end += tensor.byteCount
        }
        var writer = try FileWriter(path, storage: storage)
        try writer.write(header(named, starts: starts, metadata: metadata))
        for (_, tensor) in placed {
            var failure: SavedStateError?
            var count = 0
            tensor.lend { bytes in
                guard failure == nil else { return }
                count += bytes.count
                do throws(SavedStateError) { try writer.write(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
            precondition(count == tensor.byteCount, "\(tensor.name) lent bytes of another shape")
        }
        return try writer.finish()
    }

    /// The header's length and its text, padded with spaces to a multiple of 8.
    private static func header(
        _ tensors: [TensorSource], starts: [Int], metadata: [String: String]
    ) -> [UInt8] {
        var parts: [String] = []
        if !metadata.isEmpty {
            let entries = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { "\(jsonText($0.key)):\(jsonText($0.value))" }
            parts.append("\"__metadata__\":{\(entries.joined(separator: ","))}")
        }
        for (tensor, start) in zip(tensors, starts) {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            parts.append(
                "\(jsonText(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\","
                    + "\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(start),\(start + tensor.byteCount)]}")
        }
        var text = Array("{\(parts.joined(separator: ","))}".utf8)
        while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
    }
}

/// A text as JSON writes it.
func jsonText(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": quoted += "\\\(scalar)"
        case "\u{0}"..."\u{1F}":
            let digits = String(scalar.value, radix: 16)
            quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: quoted.unicodeScalars.append(scalar)
        }
    }
    return quoted + "\""
}
