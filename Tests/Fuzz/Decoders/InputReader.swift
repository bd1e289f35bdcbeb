/// Cuts an input into choices, numbers and runs of bytes. Past the end there are zeros.
struct InputReader {
    private var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) { rest = input[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

    /// Two bytes, little-endian.
    mutating func number() -> Int { byte() | byte() << 8 }

    /// As many bytes as the next number says, or are left.
    mutating func bytes() -> [UInt8] {
        let count = number()
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}

/// Writes what an `InputReader` cuts apart.
struct InputWriter {
    var bytes: [UInt8] = []

    mutating func byte(_ value: Int) { bytes.append(UInt8(truncatingIfNeeded: value)) }

    mutating func number(_ value: Int) {
        byte(value)
        byte(value >> 8)
    }

    mutating func bytes(_ content: [UInt8]) {
        number(content.count)
        bytes += content
    }
}
