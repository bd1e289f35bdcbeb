/// Bytes from a peer that are no message of this protocol.
public struct WireError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    static func malformed(_ what: String) -> WireError {
        WireError("malformed message: \(what)")
    }
}

/// A step, generation or term from a peer.
/// - Throws: `WireError` for one that no run comes to: counting on from it would overflow.
func index(_ value: UInt64, _ what: String) throws(WireError) -> UInt64 {
    guard value <= UInt32.max - 1 else { throw .malformed("\(what) is \(value)") }
    return value
}

/// An integer from a peer as an `Int`.
/// - Throws: `WireError` where it does not fit, or is negative.
func count(_ value: some BinaryInteger, _ what: String) throws(WireError) -> Int {
    guard let result = Int(exactly: value), result >= 0 else {
        throw .malformed("\(what) is \(value)")
    }
    return result
}
