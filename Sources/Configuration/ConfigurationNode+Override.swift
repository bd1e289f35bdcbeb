extension ConfigurationNode {
    /// Sets one value, from an argument such as `train.optimizer.rate=0.01`. List elements are named
    /// by number: `model.models.0.alpha=2`. The value is parsed as YAML.
    ///
    /// Sections that were left out are made; whether a key exists is found when the tree is read.
    mutating func override(with argument: String) throws(ConfigurationError) {
        let origin = Origin.override(argument)
        guard let equals = argument.firstIndex(of: "=") else {
            throw ConfigurationError([
                ConfigurationProblem(
                    .syntax, origin: origin, "has no '='",
                    remedy: "write a key and its value, as in train.batch=16")
            ])
        }
        let path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false)
            .map(String.init)
        guard !path.contains(where: \.isEmpty) else {
            throw ConfigurationError([
                ConfigurationProblem(
                    .syntax, origin: origin, "names no key",
                    remedy: "write sections and key with dots, as in train.batch=16")
            ])
        }
        let value = try Self.parse(String(argument[argument.index(after: equals)...])) { _ in origin
        }
        try set(value, at: path[...], under: [])
    }

    private mutating func set(
        _ value: ConfigurationNode, at path: ArraySlice<String>, under parents: [String]
    ) throws(ConfigurationError) {
        guard let key = path.first else {
            self = value
            return
        }
        let rest = path.dropFirst()
        if isNull { content = .mapping([]) }
        switch content {
        case .scalar:
            throw refusal(
                .wrongType, at: parents, value.origin, "is \(summary), not a section",
                remedy: "set \(parents.joined(separator: ".")) itself")
        case .list(var elements):
            guard let index = Int(key), elements.indices.contains(index) else {
                let wanted =
                    elements.isEmpty
                    ? "the list is empty"
                    : "the list has elements 0 to \(elements.count - 1)"
                throw refusal(.unknownKey, at: parents + [key], value.origin, wanted)
            }
            try elements[index].set(value, at: rest, under: parents + [key])
            content = .list(elements)
        case .mapping(var entries):
            let index = entries.firstIndex { $0.key == key } ?? entries.count
            if index == entries.count {
                let empty = ConfigurationNode(
                    content: .scalar("", quoted: false), origin: value.origin)
                entries.append((key, empty))
            }
            try entries[index].value.set(value, at: rest, under: parents + [key])
            content = .mapping(entries)
        }
    }

    private func refusal(
        _ kind: ConfigurationProblem.Kind, at path: [String], _ origin: Origin,
        _ message: String, remedy: String? = nil
    ) -> ConfigurationError {
        let key = path.joined(separator: ".")
        return ConfigurationError([
            ConfigurationProblem(kind, origin: origin, key: key, message, remedy: remedy)
        ])
    }
}
