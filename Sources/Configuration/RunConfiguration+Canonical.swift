import Crypto

extension RunConfiguration {
    var canonical: CanonicalValue {
        .section([
            .neutral("name", .text(name)),
            .bits("seed", .scalar("\(seed)")),
            .bits("model", model.canonical),
            .bits("data", data.canonical),
            .bits("train", train.canonical),
            .neutral("transport", transport.canonical),
        ])
    }

    /// The resolved configuration as YAML: every default visible, keys in a fixed order, the same
    /// bytes for equal values. Reading it gives an equal value.
    public var canonicalYAML: String {
        canonical.yaml()
    }

    /// SHA-256, in hexadecimal, of every key that the trained bits depend on. Two configurations of
    /// one digest train the same weights from the same dataset.
    ///
    /// Hashed are the lines `path: value` of those keys in canonical order.
    public var digest: String {
        canonical.digest
    }

    /// Keys whose values differ, in canonical order.
    public func differences(from other: RunConfiguration) -> ConfigurationDifferences {
        ConfigurationDifferences(canonical.leaves(), other.canonical.leaves())
    }
}

extension ModelConfiguration {
    /// The resolved section as YAML text, with its keys at the top.
    public var canonicalYAML: String {
        canonical.yaml()
    }

    /// SHA-256, in hexadecimal, of every key of the section that the trained bits depend on.
    public var digest: String {
        canonical.digest
    }
}

extension CanonicalValue {
    fileprivate var digest: String {
        var hash = SHA256()
        for leaf in leaves() where leaf.decides {
            hash.update(data: Array("\(leaf.key): \(leaf.text)\n".utf8))
        }
        return hash.finalize().map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
