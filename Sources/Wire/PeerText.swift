import TrainingProtocol

// Text from a peer ends up in logs, journals and on terminals.

/// What a peer's texts may have, in bytes.
enum TextLimit {
    static let name = 1024
    static let reason = 16 << 10
    /// Entries of a numerics profile.
    static let entries = 64
}

/// A name or an address from a peer.
/// - Throws: `WireError` where it is longer than names are.
func name(_ text: String, _ what: String) throws(WireError) -> String {
    guard text.utf8.count <= TextLimit.name else {
        throw .malformed("\(what) of \(text.utf8.count) bytes")
    }
    return text.printable
}

/// A peer's reason, cut where it is longer than reasons are.
func reason(_ text: String) -> String {
    let isShort = text.utf8.count <= TextLimit.reason
    let shown = isShort ? text : String(decoding: text.utf8.prefix(TextLimit.reason), as: UTF8.self)
    return shown.printable
}
