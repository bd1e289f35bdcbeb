/// One thing wrong with a configuration, told in one line.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// The file cannot be read.
        case unreadable
        /// The text is not YAML, or not YAML of the kind a configuration may use.
        case syntax
        case unknownKey
        case missingKey
        /// A value of another type or unit than the key takes.
        case wrongType
        /// A value of the right type that the key does not take.
        case outOfRange
        /// Values that are possible each, and impossible together.
        case conflict
        /// The configuration does not fit the dataset.
        case dataset
    }

    /// Where a value was written.
    public enum Origin: Sendable, Hashable, CustomStringConvertible {
        case line(Int, source: String)
        case source(String)
        /// The text of a `--set` argument.
        case override(String)

        public var description: String {
            switch self {
            case .line(let line, let source): "\(source):\(line)"
            case .source(let source): source
            case .override(let text): "--set \(text)"
            }
        }
    }

    public var kind: Kind
    /// Where the value was written; nil where it was not read from a text.
    public var origin: Origin?
    /// The key's path, as `--set` takes it; empty for the text as a whole.
    public var key: String
    /// What is wrong: the value found, and what is wanted.
    public var message: String
    /// What to do about it.
    public var remedy: String?

    public init(
        _ kind: Kind, origin: Origin? = nil, key: String = "", _ message: String,
        remedy: String? = nil
    ) {
        self.kind = kind
        self.origin = origin
        self.key = key
        self.message = message
        self.remedy = remedy
    }

    public var description: String {
        var parts: [String] = []
        if let origin { parts.append("\(origin)") }
        if !key.isEmpty { parts.append(key) }
        parts.append(remedy.map { "\(message); \($0)" } ?? message)
        return parts.map { $0.printable(limit: 400) }.joined(separator: ": ")
    }
}

/// Everything that is wrong with a configuration, one problem a line.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

extension String {
    /// The text on one line without control characters, cut after `limit` characters.
    func printable(limit: Int) -> String {
        var text = ""
        for scalar in unicodeScalars.prefix(limit) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                text.unicodeScalars.append(scalar)
            }
        }
        return unicodeScalars.count > limit ? text + "..." : text
    }
}
