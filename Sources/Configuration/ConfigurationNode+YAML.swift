import Yams

extension ConfigurationNode {
    /// Longest text that is parsed, in bytes; the largest sensible configuration has a few thousand.
    static let largestText = 1 << 18
    /// Aliases can blow a short text up without bound, and a configuration has no need of many.
    static let mostAliases = 16
    /// Nodes of one text, aliases counted each time.
    static let mostNodes = 10_000

    /// Parses `text`, whose values get origins by `origin(line)`.
    static func parse(
        _ text: String, origin: @escaping (Int?) -> Origin
    ) throws(ConfigurationError) -> ConfigurationNode {
        func refusal(_ message: String, line: Int? = nil, remedy: String? = nil)
            -> ConfigurationError
        {
            ConfigurationError([
                ConfigurationProblem(.syntax, origin: origin(line), message, remedy: remedy)
            ])
        }
        if text.utf8.count > largestText {
            throw refusal("is \(text.utf8.count) bytes, too long for a configuration")
        }
        if text.utf8.count(where: { $0 == UInt8(ascii: "*") }) > mostAliases {
            throw refusal("has more than \(mostAliases) '*', and aliases are limited to that")
        }
        let root: Node?
        do {
            root = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw refusal(error.summary, line: error.line)
        } catch {
            throw refusal("is not YAML: \(error)")
        }
        guard let root else {
            return ConfigurationNode(content: .scalar("", quoted: false), origin: origin(nil))
        }
        var builder = Builder(origin: origin)
        let node = builder.build(root, fallback: nil)
        if !builder.problems.isEmpty { throw ConfigurationError(builder.problems) }
        return node
    }

    /// Turns Yams' tree into ours, within the budget of nodes.
    private struct Builder {
        var origin: (Int?) -> Origin
        var problems: [ConfigurationProblem] = []
        var count = 0

        mutating func build(_ node: Node, fallback: Int?) -> ConfigurationNode {
            let line = node.mark?.line ?? fallback
            count += 1
            if count == mostNodes {
                refuse("has more than \(mostNodes) values, too many for a configuration", line)
            }
            var result = ConfigurationNode(content: .list([]), origin: origin(line))
            guard count < mostNodes else { return result }
            switch node {
            case .scalar(let scalar):
                let quoted = scalar.style != .plain && scalar.style != .any
                result.content = .scalar(scalar.string, quoted: quoted)
            case .sequence(let sequence):
                result.content = .list(sequence.map { build($0, fallback: line) })
            case .mapping(let mapping):
                var entries: [(key: String, value: ConfigurationNode)] = []
                for (key, value) in mapping {
                    guard case .scalar(let name) = key else {
                        refuse("has a key that is not a word", key.mark?.line ?? line)
                        continue
                    }
                    let keyLine = key.mark?.line ?? line
                    if entries.contains(where: { $0.key == name.string }) {
                        refuse("has the key \"\(name.string)\" twice", keyLine)
                        continue
                    }
                    var child = build(value, fallback: keyLine)
                    // A section is found by the line of its key, not that of its first entry.
                    child.origin = origin(keyLine)
                    entries.append((name.string, child))
                }
                result.content = .mapping(entries)
            case .alias:
                refuse("has an alias that stands for nothing", line)
            }
            return result
        }

        private mutating func refuse(_ message: String, _ line: Int?) {
            problems.append(ConfigurationProblem(.syntax, origin: origin(line), message))
        }
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            mark.line
        case .duplicatedKeysInMapping(_, let context):
            context.mark.line
        case .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded, .memory, .no:
            nil
        }
    }

    fileprivate var summary: String {
        switch self {
        case .scanner(let context, let problem, _, _), .parser(let context, let problem, _, _),
            .composer(let context, let problem, _, _):
            "is not YAML: \(problem)" + (context.map { " \($0.text)" } ?? "")
        case .duplicatedKeysInMapping(let duplicates, _):
            "has the key \"\(duplicates.first ?? "")\" twice"
        case .reader(let problem, _, _, _): "is not YAML: \(problem)"
        case .writer(let problem), .emitter(let problem), .representer(let problem):
            "is not YAML: \(problem)"
        case .dataCouldNotBeDecoded: "is not UTF-8"
        case .memory: "does not fit into memory"
        case .no: "is not YAML"
        }
    }
}
