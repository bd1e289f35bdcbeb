import Foundation

extension RunStatus {
    /// As an object with keys in snake case; numbers that are not finite are `"nan"` and the like.
    ///
    /// - Parameter pretty: Over several lines, for people.
    public func json(pretty: Bool = false) throws -> Data {
        let encoder = MetricsLines.encoder()
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return try encoder.encode(self)
    }

    /// The workers alone, over several lines.
    public func workersJSON() throws -> Data {
        let encoder = MetricsLines.encoder()
        encoder.outputFormatting.insert(.prettyPrinted)
        return try encoder.encode(workers)
    }

    /// Reads what `json` writes.
    public init(json: Data) throws {
        self = try MetricsLines.decoder().decode(RunStatus.self, from: json)
    }
}
