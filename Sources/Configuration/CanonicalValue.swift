/// A configuration on its way to text: every key in its fixed order, with every default.
indirect enum CanonicalValue {
    struct Entry {
        var key: String
        var value: CanonicalValue
        /// Whether the trained bits depend on this key.
        var decides: Bool
    }

    /// A scalar as YAML writes it.
    case scalar(String)
    case list([String])
    case sections([CanonicalValue])
    case section([Entry])

    static func text(_ text: String) -> CanonicalValue { .scalar(yamlScalar(text)) }
    static func integer(_ value: Int) -> CanonicalValue { .scalar("\(value)") }
    static func integers(_ values: [Int]) -> CanonicalValue { .list(values.map { "\($0)" }) }
    static func texts(_ values: [String]) -> CanonicalValue { .list(values.map(yamlScalar)) }
    static let null = CanonicalValue.scalar("null")
    /// [lowest, highest], or null.
    static func range(_ range: ClosedRange<Double>?) -> CanonicalValue {
        guard let range else { return null }
        return .list([range.lowerBound, range.upperBound].map { number($0).yaml() })
    }
    static func flag(_ value: Bool) -> CanonicalValue { .scalar(value ? "true" : "false") }
    static func choice(_ value: some RawRepresentable<String>) -> CanonicalValue {
        .text(value.rawValue)
    }

    /// The shortest decimal that reads back to the same number. YAML 1.1 readers take `1e-05` for a
    /// text, so that the mantissa gets its point.
    static func number(_ value: Double) -> CanonicalValue {
        let text = "\(value)"
        guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else {
            return .scalar(text)
        }
        return .scalar(text[..<exponent] + ".0" + text[exponent...])
    }
}

extension CanonicalValue.Entry {
    /// A key on which the trained bits depend.
    static func bits(_ key: String, _ value: CanonicalValue) -> Self {
        Self(key: key, value: value, decides: true)
    }

    /// A key that changes how a run goes and not what comes out of it.
    static func neutral(_ key: String, _ value: CanonicalValue) -> Self {
        Self(key: key, value: value, decides: false)
    }
}

extension CanonicalValue {
    /// Block style, two spaces a level; lists of numbers in brackets.
    func yaml(indent: String = "") -> String {
        switch self {
        case .scalar(let text): return text
        case .list(let elements): return "[\(elements.joined(separator: ", "))]"
        case .sections(let elements):
            return elements.map { element in
                // The first key shares the dash's line, the others are indented like it.
                let lines = element.yaml(indent: indent + "  ")
                return indent + "- " + lines.dropFirst(indent.count + 2)
            }.joined()
        case .section(let entries):
            return entries.map { entry in
                switch entry.value {
                case .scalar, .list: "\(indent)\(entry.key): \(entry.value.yaml())\n"
                case .sections, .section:
                    "\(indent)\(entry.key):\n\(entry.value.yaml(indent: indent + "  "))"
                }
            }.joined()
        }
    }

    /// One leaf of a configuration: the key's path, the value's text.
    struct Leaf: Hashable {
        var key: String
        var text: String
        var decides: Bool
    }

    /// Every leaf in canonical order.
    func leaves(under path: String = "", decides: Bool = true) -> [Leaf] {
        switch self {
        case .scalar, .list:
            return [Leaf(key: path, text: yaml(), decides: decides)]
        case .sections(let elements):
            return elements.enumerated().flatMap { index, element in
                element.leaves(under: "\(path).\(index)", decides: decides)
            }
        case .section(let entries):
            return entries.flatMap { entry in
                entry.value.leaves(
                    under: path.isEmpty ? entry.key : "\(path).\(entry.key)",
                    decides: decides && entry.decides)
            }
        }
    }
}

/// A text as a YAML scalar: plain where every reader takes it for that text, else double-quoted.
func yamlScalar(_ text: String) -> String {
    let words: Set = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
    let first = text.utf8.first.map { $0 == UInt8(ascii: "/") || isLetter($0) } ?? false
    let plain = text.utf8.allSatisfy { isLetter($0) || "/-.0123456789".utf8.contains($0) }
    if first && plain && !words.contains(text.lowercased()) { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": quoted += "\\\(scalar)"
        case " "..."~": quoted.unicodeScalars.append(scalar)
        case _ where scalar.properties.isAlphabetic && scalar.value < 0xFFFE:
            quoted.unicodeScalars.append(scalar)
        default:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }
    return quoted + "\""
}

private func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
}
