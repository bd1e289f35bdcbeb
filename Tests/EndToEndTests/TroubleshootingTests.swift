import Foundation
import Testing

/// The list of messages in `cluster/TROUBLESHOOTING.md`, which is worth nothing once the programs say something else.
@Suite("The troubleshooting list")
struct TroubleshootingTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A source file in which every text is in one piece, as programs say it.
    private static func joined(_ source: String) -> String {
        var text = ""
        for line in source.split(separator: "\n") {
            let line = line.trimmingCharacters(in: .whitespaces)
            if text.hasSuffix("\" \\"), line.hasPrefix("\"") {
                // Arguments of a shell's command.
                text.removeLast(3)
                text += " " + line.dropFirst()
            } else if text.hasSuffix("\\") {
                text.removeLast()
                text += line
            } else if text.hasSuffix("\""), line.hasPrefix("+ \"") {
                text.removeLast()
                text += line.dropFirst(3)
            } else {
                text += "\n" + line
            }
        }
        return text.replacing("\\\"", with: "\"")
    }

    /// What a message consists of besides what differs from case to case. Reason and remedy are often put together
    /// by who tells them.
    private static func pieces(of message: some StringProtocol) -> [String] {
        message.split(separator: "…").flatMap { $0.components(separatedBy: "; ") }
            .flatMap { $0.components(separatedBy: ": ") }
            .map { $0.trimmingCharacters(in: .whitespaces.union(.punctuationCharacters)) }
            .filter { $0.count > 2 }
    }

    private static func sources() throws -> String {
        var text = ""
        for folder in ["Sources", "cluster"] {
            let files = try #require(
                FileManager.default.enumerator(
                    at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil))
            for case let file as URL in files where ["swift", "sh"].contains(file.pathExtension) {
                text += joined(try String(contentsOf: file, encoding: .utf8))
            }
        }
        return text
    }

    @Test("quotes messages that the programs still have")
    func messages() throws {
        let list = try String(
            contentsOf: Self.root.appendingPathComponent("cluster/TROUBLESHOOTING.md"),
            encoding: .utf8)
        let messages = list.split(separator: "\n").filter { $0.hasPrefix("- ") }
            .flatMap { line in
                line.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }
                    .map(\.element)
            }
        #expect(messages.count >= 30)
        let sources = try Self.sources()
        for message in messages {
            let pieces = Self.pieces(of: message)
            #expect(pieces.contains { $0.count >= 10 }, "too little of: \(message)")
            for piece in pieces {
                #expect(
                    sources.range(of: piece, options: .literal) != nil,
                    "nothing says \"\(piece)\", of: \(message)")
            }
        }
    }
}
