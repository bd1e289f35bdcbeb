import Networks

/// What became of the tensors of a file, and of the network's.
public struct ImportReport: Sendable {
    public let path: String
    public let names: WeightNames
    /// Our names of tensors that were taken.
    public internal(set) var taken: [String] = []
    /// The file's names of tensors that were not, and why; counters of batches are not named.
    public internal(set) var leftOut: [(name: String, reason: String)] = []
    /// Our names of tensors that start from the seed.
    public internal(set) var fromSeed: [String] = []
    /// How many tensors were converted to single precision, by their type.
    public internal(set) var converted: [String: Int] = [:]

    /// For people, a line each.
    public var lines: [String] {
        var lines = [
            "weights from \(path) (\(names.rawValue)'s names): \(taken.count) tensors taken, "
                + "\(leftOut.count) left out, \(fromSeed.count) start from the seed"
        ]
        for (type, count) in converted.sorted(by: { $0.key < $1.key }) {
            lines.append("converted from \(type) to F32: \(count) tensors")
        }
        var reasons: [String] = []
        for entry in leftOut where !reasons.contains(entry.reason) { reasons.append(entry.reason) }
        for reason in reasons {
            let names = leftOut.filter { $0.reason == reason }.map(\.name)
            lines.append("left out, \(reason): \(names.joined(separator: ", "))")
        }
        if !fromSeed.isEmpty {
            let layers = Self.layers(of: fromSeed, without: taken)
            lines.append("from the seed: \(layers.joined(separator: ", "))")
        }
        return lines
    }

    /// Names of tensors in short: of a layer all of whose tensors are there, just its own.
    static func layers(of names: [String], without others: [String]) -> [String] {
        var mixed: Set<String> = []
        for name in others {
            let parts = name.split(separator: ".")
            for count in 0...parts.count {
                mixed.insert(parts.prefix(count).joined(separator: "."))
            }
        }
        var layers: [String] = []
        for name in names {
            let parts = name.split(separator: ".")
            let count =
                (1...parts.count).first {
                    !mixed.contains(parts.prefix($0).joined(separator: "."))
                } ?? parts.count
            let layer = parts.prefix(count).joined(separator: ".")
            if !layers.contains(layer) { layers.append(layer) }
        }
        return layers
    }
}
