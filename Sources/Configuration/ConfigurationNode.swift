/// A YAML tree that remembers where each value was written, so that every error can say so.
struct ConfigurationNode {
    typealias Origin = ConfigurationProblem.Origin

    enum Content {
        /// A number, a word or a text; `quoted` keeps `"8"` from counting as a number.
        case scalar(String, quoted: Bool)
        case list([ConfigurationNode])
        /// In the order written; keys are unique.
        case mapping([(key: String, value: ConfigurationNode)])
    }

    var content: Content
    var origin: Origin

    /// Whether nothing was written: `key:` or `key: null`.
    var isNull: Bool {
        guard case .scalar(let text, quoted: false) = content else { return false }
        return text.isEmpty || text == "~" || text == "null"
    }

    /// The value as an error message shows it.
    var summary: String {
        switch content {
        case _ where isNull: "nothing"
        case .scalar(let text, quoted: true): "the text \"\(text.printable(limit: 60))\""
        case .scalar(let text, quoted: false): text.printable(limit: 60)
        case .list(let elements): "a list of \(elements.count)"
        case .mapping(let entries): "a section of \(entries.count)"
        }
    }

    subscript(key: String) -> ConfigurationNode? {
        switch content {
        case .scalar: nil
        case .list(let elements):
            Int(key).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
        case .mapping(let entries): entries.first { $0.key == key }?.value
        }
    }

    /// The origin of the deepest node on the way to `path` that was written.
    func origin(of path: String) -> Origin {
        var node = self
        for key in path.split(separator: ".") {
            guard let next = node[String(key)] else { break }
            node = next
        }
        return node.origin
    }
}
