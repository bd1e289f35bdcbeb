/// Bytes from a peer that are no message of this protocol.
public struct WireError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    static func malformed(_ what: String) -> WireError {
        WireError("malformed message: \(what)")
    }
}

/// An integer from a peer as an `Int`.
/// - Throws: `WireError` where it does not fit, or is negative.
func count(_ value: some BinaryInteger, _ what: String) throws(WireError) -> Int {
    guard let result = Int(exactly: value), result >= 0 else {
        throw .malformed("\(what) is \(value)")
    }
    return result
}
