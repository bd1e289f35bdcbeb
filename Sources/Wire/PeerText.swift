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
    return printable(text)
}

/// A peer's reason, cut where it is longer than reasons are.
func reason(_ text: String) -> String {
    printable(
        text.utf8.count <= TextLimit.reason
            ? text : String(decoding: text.utf8.prefix(TextLimit.reason), as: UTF8.self))
}

/// Without characters that would break a line or move a cursor.
private func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: \.isControl) else { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { shown.append(scalar.isControl ? " " : scalar) }
    return String(shown)
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
