import ArgumentParser
import Coordinating
import Foundation
import TrainingProtocol

/// `coordinator audit`: proves from the journal that no clip was lost or counted twice.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract:
            "Prove from a run's journal that every clip of every epoch was counted exactly once.",
        discussion: """
            Example: coordinator audit --run runs/mine

            Recomputes which clips every step must count, follows the chain of commits, and tells which worker \
            computed what. The run may be under way. Exit status: 0 clean, 1 there are findings.
            """)

    @Option(
        name: .customLong("run"), help: "The run's directory.", completion: .directory)
    var directory: String

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run() throws {
        let audit = try RunAudit(ofRunAt: directory)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            print(String(decoding: try encoder.encode(AuditOutput(audit.report)), as: UTF8.self))
        } else {
            print(AuditOutput(audit.report).text(notes: audit.notes))
        }
        if !audit.report.isClean { throw ExitCode(1) }
    }
}
