import FoundationEssentials

/// The JSON header of a safetensors file, checked against the size of the data.
struct SafetensorsHeader {
    var metadata: [String: String] = [:]
    /// In the order of their names; byte ranges count from the start of the data.
    var tensors: [TensorRecord] = []

    /// - Throws: `SavedStateError` that names the file and, where it is one tensor's, the tensor.
    init(parsing bytes: [UInt8], path: String, dataBytes: Int) throws(SavedStateError) {
        let entries: Entries
        do {
            entries = try JSONDecoder().decode(Entries.self, from: Data(bytes))
        } catch {
            throw SavedStateError(
                .malformed, path, "has a header that is not of safetensors: \(summary(of: error))")
        }
        metadata = entries.metadata
        for (name, entry) in entries.tensors {
            tensors.append(try entry.record(name, path: path, dataBytes: dataBytes))
        }
        tensors.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        try requireFilling(path: path, dataBytes: dataBytes)
    }

    /// Requires that the tensors lie one after another over all of the data.
    private func requireFilling(path: String, dataBytes: Int) throws(SavedStateError) {
        var end = 0
        let byPlace = tensors.sorted {
            ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
        }
        for tensor in byPlace {
            guard tensor.bytes.lowerBound == end else {
                let fault = tensor.bytes.lowerBound < end ? "overlaps another" : "leaves a gap"
                throw SavedStateError(
                    .malformed, path,
                    "tensor \"\(shown(tensor.name))\" \(fault) at byte \(tensor.bytes.lowerBound)")
            }
            end = tensor.bytes.upperBound
        }
        guard end == dataBytes else {
            throw SavedStateError(
                .malformed, path, "has \(dataBytes) bytes of data, and tensors of \(end)")
        }
    }

    private struct Entries: Decodable {
        var metadata: [String: String] = [:]
        var tensors: [(name: String, entry: Entry)] = []

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for key in container.allKeys {
                if key.stringValue == "__metadata__" {
                    metadata = try container.decode([String: String].self, forKey: key)
                } else {
                    let entry = try container.decode(Entry.self, forKey: key)
                    tensors.append((key.stringValue, entry))
                }
            }
        }
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Entry: Decodable {
        var dtype: String
        var shape: [Int]
        var offsets: [Int]

        private enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }

        func record(
            _ name: String, path: String, dataBytes: Int
        ) throws(SavedStateError) -> TensorRecord {
            func refusal(_ message: String) -> SavedStateError {
                SavedStateError(.malformed, path, "tensor \"\(shown(name))\" \(message)")
            }
            guard let type = TensorType(rawValue: dtype) else {
                throw refusal("is of the unknown type \"\(shown(dtype))\"")
            }
            guard shape.count <= 16, shape.allSatisfy({ $0 >= 0 }) else {
                throw refusal("has no shape that a tensor can have")
            }
            guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1],
                offsets[1] <= dataBytes
            else {
                throw refusal("lies outside the file's \(dataBytes) bytes of data")
            }
            var bytes = type.width
            for side in shape {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: side)
                guard !overflow else { throw refusal("has a shape beyond any size") }
                bytes = product
            }
            guard bytes == offsets[1] - offsets[0] else {
                throw refusal(
                    "of shape \(shape) needs \(bytes) bytes and has \(offsets[1] - offsets[0])")
            }
            return TensorRecord(
                name: name, type: type, shape: shape, bytes: offsets[0]..<offsets[1])
        }
    }
}

/// A name from a file, short enough for a line.
private func shown(_ name: String) -> String {
    let line = String(name.unicodeScalars.prefix(100).map { $0.value < 32 ? " " : Character($0) })
    return name.unicodeScalars.count > 100 ? line + "..." : line
}

/// A decoding error on one line.
func summary(of error: any Error) -> String {
    let context: DecodingError.Context
    switch error {
    case DecodingError.typeMismatch(_, let found), DecodingError.valueNotFound(_, let found),
        DecodingError.keyNotFound(_, let found), DecodingError.dataCorrupted(let found):
        context = found
    default:
        return shown("\(error)")
    }
    let place = context.codingPath.map(\.stringValue).joined(separator: "/")
    return shown((place.isEmpty ? "" : "\(place): ") + context.debugDescription)
}
