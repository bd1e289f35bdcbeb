import ArgumentParser
import Checkpoints
import ClipDatasets
import Configuration
import Foundation
import Training

/// `coordinator evaluate`: scores a run's weights on a split.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Score the weights of a run on a split of a clip dataset.",
        discussion: """
            Example: coordinator evaluate --run runs/quickstart --data clips.h5 --split val

            Takes the run's final weights, or those of its newest checkpoint where it has not ended.
            """)

    @Option(name: .customLong("run"), help: "The run's directory.")
    var directory: String

    @Option(help: "The clip dataset (default: the one that the run was trained on).")
    var data: String?

    @Option(help: "Which split: train, val or test.")
    var split = "val"

    @Option(help: "Threads to compute with (default: all cores).")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print one JSON object.")
    var json = false

    /// What `--json` prints.
    private struct Output: Encodable {
        struct Class: Encodable {
            let name: String
            let clips: Int
            let correct: Int
            let accuracy: Double?
        }
        let run: String
        let step: Int
        let data: String
        let split: String
        let clips: Int
        let loss: Double
        let top1: Double
        let top5: Double
        let classes: [Class]
        let weightsSHA256: String
    }

    func validate() throws {
        guard threads >= 1 else { throw ValidationError("--threads takes 1 or more.") }
    }

    func run() throws {
        let run = try SavedRun(at: directory)
        let dataset = try ClipDataset(path: data ?? run.configuration.data.path)
        let evaluator = try Evaluator(
            configuration: run.configuration, checkpoint: run.checkpoint, threads: threads)
        let report = try evaluator.evaluate(
            try dataset.split(split), classNames: dataset.classNames)
        if json {
            try printJSON(run, dataset, report)
        } else {
            printTable(run, dataset, report)
        }
    }

    private func printJSON(
        _ run: SavedRun, _ dataset: ClipDataset, _ report: EvaluationReport
    ) throws {
        let output = Output(
            run: directory, step: run.checkpoint.step, data: dataset.path, split: split,
            clips: report.clips, loss: report.loss, top1: report.top1, top5: report.top5,
            classes: report.classes.map {
                Output.Class(
                    name: $0.name, clips: $0.clips, correct: $0.correct, accuracy: $0.accuracy)
            },
            weightsSHA256: run.checkpoint.manifest.weightsSHA256)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        print(String(decoding: try encoder.encode(output), as: UTF8.self))
    }

    private func printTable(
        _ run: SavedRun, _ dataset: ClipDataset, _ report: EvaluationReport
    ) {
        print("\(directory) at step \(run.checkpoint.step) on \(split) of \(dataset.path)")
        print("")
        let width = max(5, report.classes.map(\.name.count).max() ?? 0)
        func row(_ name: String, _ clips: String, _ correct: String, _ accuracy: String) {
            let padded = name.padding(toLength: width, withPad: " ", startingAt: 0)
            let columns = [clips, correct, accuracy].map { text in
                String(repeating: " ", count: max(0, 9 - text.count)) + text
            }
            print("  " + padded + columns.joined())
        }
        row("class", "clips", "correct", "top-1")
        for one in report.classes {
            row(
                one.name, "\(one.clips)", "\(one.correct)",
                one.accuracy.map(Self.percent) ?? "-")
        }
        print("")
        print(
            "top-1 \(Self.percent(report.top1))  top-5 \(Self.percent(report.top5))  "
                + "loss \(String(format: "%.4f", report.loss))  \(report.clips) clips")
    }

    private static func percent(_ share: Double) -> String {
        String(format: "%.1f %%", 100 * share)
    }
}
