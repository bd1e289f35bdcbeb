extension String {
    /// Without characters that would break a line or move a cursor: for what others said, in logs and on terminals.
    package var printable: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var shown = String.UnicodeScalarView()
        for scalar in unicodeScalars { shown.append(scalar.isControl ? " " : scalar) }
        return String(shown)
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
