import Foundation

/// The inputs that are kept: sound ones that the code makes, and those that a fuzzer found to take other ways.
enum Corpus {
    struct Input {
        let name: String
        let bytes: [UInt8]
        /// How many damaged copies of it are tried.
        let damages: Int
    }

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus")

    static func inputs(of decoder: Decoder) throws -> [Input] {
        let seeds = Seeds.of(decoder).enumerated().map {
            Input(name: "seed \($0.offset)", bytes: $0.element, damages: 200)
        }
        let file = folder.appending(path: decoder.rawValue + ".txt")
        guard FileManager.default.fileExists(atPath: file.path) else { return seeds }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        return seeds
            + lines.enumerated().compactMap { number, line in
                Data(base64Encoded: String(line)).map {
                    Input(name: "line \(number + 1)", bytes: [UInt8]($0), damages: 10)
                }
            }
    }
}
