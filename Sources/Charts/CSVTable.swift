/// Rows of texts as comma-separated values (RFC 4180), with line feeds alone at the ends of lines.
public struct CSVTable: Sendable {
    private var lines: [String]
    private let columns: Int

    public init(columns: [String]) {
        self.columns = columns.count
        lines = [Self.line(columns)]
    }

    public mutating func append(_ row: [String]) {
        precondition(row.count == columns, "a value a column")
        lines.append(Self.line(row))
    }

    /// The whole file.
    public var text: String { lines.joined(separator: "\n") + "\n" }

    private static func line(_ values: [String]) -> String {
        values.map { value in
            let isPlain = !value.unicodeScalars.contains {
                $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r"
            }
            return isPlain
                ? value
                : "\""
                    + value.split(separator: "\"", omittingEmptySubsequences: false)
                    .joined(separator: "\"\"") + "\""
        }.joined(separator: ",")
    }
}
