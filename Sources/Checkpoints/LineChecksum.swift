/// CRC-32 as in zlib and PNG (polynomial EDB88320), chained: the checksum of a line starts from that
/// of the line before, so that a line removed, doubled or moved shows as well as one changed.
struct LineChecksum {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
        }
    }

    private(set) var value: UInt32 = 0

    /// The checksum after another line.
    func adding(_ line: some Sequence<UInt8>) -> LineChecksum {
        var sum = ~value
        for byte in line {
            sum = sum >> 8 ^ Self.table[Int((sum ^ UInt32(byte)) & 0xFF)]
        }
        var next = self
        next.value = ~sum
        return next
    }

    /// Eight hexadecimal digits.
    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
