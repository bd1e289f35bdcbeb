/// Reads one section of a configuration key by key, collecting every problem instead of stopping at
/// the first. A key that cannot be read counts as its default, so that reading goes on.
///
/// Which keys a section has is what is asked of it: `finish` reports those written but never read.
struct SectionReader {
    /// Problems of the whole tree; a reader and its subsections report to one.
    final class Report {
        var problems: [ConfigurationProblem] = []
    }

    let node: ConfigurationNode?
    let path: String
    let report: Report
    /// Whether something else stands where the section should be; its keys are not missed then.
    private let isReplaced: Bool
    private var known: [String] = []
    private var foreign: [(key: String, owner: String)] = []

    init(_ node: ConfigurationNode?, path: String, report: Report) {
        self.path = path
        self.report = report
        if let node, !node.isNull {
            if case .mapping = node.content {
                self.node = node
                isReplaced = false
            } else {
                self.node = nil
                isReplaced = true
                report.problems.append(
                    ConfigurationProblem(
                        .wrongType, origin: node.origin, key: path,
                        "is \(node.summary), must be a section of keys"))
            }
        } else {
            self.node = nil
            isReplaced = false
        }
    }

    /// The value of `key` by `parse`, `fallback` if it is left out, or nil (reported) if it is needed
    /// or not of the form `wanted` describes.
    mutating func value<Value>(
        _ key: String, default fallback: Value?, wanted: String, example: String? = nil,
        parse: (ConfigurationNode) -> Value?
    ) -> Value? {
        known.append(key)
        guard let found = node?[key] else {
            if fallback == nil && !isReplaced {
                let remedy = example.map { "write \(key): \($0), for example" }
                problem(.missingKey, key, "is missing, must be \(wanted)", remedy: remedy)
            }
            return fallback
        }
        if let value = parse(found) { return value }
        let remedy = example.map { "write \(key): \($0), for example" }
        problem(
            .wrongType, key, "is \(found.summary), must be \(wanted)", remedy: remedy)
        return fallback
    }

    /// A nested section; one left out reads as empty.
    mutating func section<Value>(
        _ key: String, _ read: (inout SectionReader) -> Value
    ) -> Value {
        known.append(key)
        var section = SectionReader(node?[key], path: join(key), report: report)
        let value = read(&section)
        section.finish()
        return value
    }

    /// A list of sections, at least one.
    mutating func sections<Value>(
        _ key: String, wanted: String, _ read: (inout SectionReader, Int) -> Value
    ) -> [Value] {
        let nodes = value(key, default: nil, wanted: wanted) { node -> [ConfigurationNode]? in
            guard case .list(let elements) = node.content, !elements.isEmpty else { return nil }
            return elements
        }
        return (nodes ?? []).enumerated().map { index, node in
            var section = SectionReader(node, path: join("\(key).\(index)"), report: report)
            let value = read(&section, index)
            section.finish()
            return value
        }
    }

    /// Names keys that another setting of this section would take, for the message if one is found.
    mutating func exclude(_ keys: [String], owner: String) {
        foreign += keys.map { ($0, owner) }
    }

    /// Reports the keys that were written and never asked for.
    func finish() {
        guard let node, case .mapping(let entries) = node.content else { return }
        for (key, value) in entries where !known.contains(key) {
            let message: String
            var remedy = "keys here: \(known.joined(separator: ", "))"
            if let other = foreign.first(where: { $0.key == key }) {
                message = "belongs to \(other.owner)"
                remedy = "leave it out; \(remedy)"
            } else if let nearest = nearestName(to: key, among: known) {
                message = "no such key"
                remedy = "did you mean \(nearest)? \(remedy)"
            } else {
                message = "no such key"
            }
            report.problems.append(
                ConfigurationProblem(
                    .unknownKey, origin: value.origin, key: join(key.printable(limit: 60)),
                    message, remedy: remedy))
        }
    }

    private func problem(
        _ kind: ConfigurationProblem.Kind, _ key: String, _ message: String, remedy: String?
    ) {
        report.problems.append(
            ConfigurationProblem(kind, key: join(key), message, remedy: remedy))
    }

    private func join(_ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }
}
