import Foundation

/// The inputs that are kept: sound ones that the code makes, and files that a fuzzer found.
enum Corpus {
    struct Input {
        let name: String
        let bytes: [UInt8]
    }

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus")

    static func inputs(of decoder: Decoder) throws -> [Input] {
        let seeds = Seeds.of(decoder).enumerated().map {
            Input(name: "seed \($0.offset)", bytes: $0.element)
        }
        let files = folder.appending(path: decoder.rawValue)
        guard FileManager.default.fileExists(atPath: files.path) else { return seeds }
        let names = try FileManager.default.contentsOfDirectory(atPath: files.path).sorted()
        return try seeds
            + names.map { name in
                Input(name: name, bytes: [UInt8](try Data(contentsOf: files.appending(path: name))))
            }
    }
}
