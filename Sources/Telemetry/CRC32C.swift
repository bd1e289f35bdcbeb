/// The checksum that records of an event file carry (Castagnoli's polynomial, RFC 3720, section 12.1).
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in
            sum & 1 == 1 ? (sum >> 1) ^ 0x82F6_3B78 : sum >> 1
        }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in
            (sum >> 8) ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)]
        }
    }

    /// Rotated and shifted, so that a checksum of bytes that hold checksums is as good as another.
    static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let sum = checksum(bytes)
        return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }
}
