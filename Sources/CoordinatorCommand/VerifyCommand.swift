import ArgumentParser
import Foundation
import Verification

/// `coordinator verify`: one training step beside a reference's.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check one training step against a reference file.",
        usage: "coordinator verify --reference <reference> [<options>]",
        discussion: """
            Example: coordinator verify --reference reference.h5

            The file holds a model, a batch, and the loss, gradients and weights after one step \
            that another implementation computed in double precision. Exits with 1 if any tensor \
            is off by more than its limit.
            """)

    @Option(help: "HDF5 file that write_reference.py wrote.", completion: .datasets)
    var reference: String

    @OptionGroup var computing: ComputingThreads

    @Flag(help: "List every tensor, not only the worst of each kind.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = try ReferenceCase(reading: reference).verify(threads: computing.threads)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(VerificationTable(report, listed: all ? .max : 3).text)
        }
        if !report.passed { throw ExitCode.failure }
    }
}

/// A report laid out for a terminal.
private struct VerificationTable {
    private let report: VerificationReport
    /// Tensors of each kind that are listed.
    private let listed: Int

    init(_ report: VerificationReport, listed: Int) {
        self.report = report
        self.listed = listed
    }

    var text: String {
        var lines = ["\(report.reference): \(report.clips) clips, \(report.parameters) parameters"]
        for kind in report.kinds {
            lines.append("")
            lines.append(
                "\(kind.name), \(kind.tensors.count) "
                    + (kind.tensors.count == 1 ? "value" : "tensors")
                    + ", limit \(format(kind.limit))")
            for tensor in kind.tensors.prefix(listed) {
                let mark = tensor.error <= kind.limit ? "" : "  too much"
                lines.append("  \(format(tensor.error))  \(tensor.name)\(mark)")
            }
            let rest = kind.tensors.count - listed
            if rest > 0 { lines.append("  ...      \(rest) more with smaller errors") }
        }
        return (lines + ["", summary]).joined(separator: "\n")
    }

    private var summary: String {
        let bad = report.kinds.flatMap { kind in
            kind.tensors.filter { !($0.error <= kind.limit) }
        }
        if bad.isEmpty { return "passed: the step agrees with the reference" }
        return "failed: \(bad.count) of \(report.kinds.reduce(0) { $0 + $1.tensors.count }) values "
            + "or tensors are off by more than their limit"
    }

    private func format(_ error: Double) -> String { String(format: "%.1e", error) }
}
