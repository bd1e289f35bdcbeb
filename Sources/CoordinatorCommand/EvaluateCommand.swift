import ArgumentParser
import Charts
import Checkpoints
import ClipDatasets
import Configuration
import Coordinating
import Foundation
import Training

/// `coordinator evaluate`: scores a run's weights on a split.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Score the weights of a run on a split of a clip dataset.",
        usage: "coordinator evaluate --run <run> [<options>]",
        discussion: """
            Examples:
              coordinator evaluate --run runs/mine --split val
              coordinator evaluate --run runs/mine --views 10x3 --confusion matrix.svg \\
                  --per-video videos.csv

            Takes the run's final weights, or those of its newest checkpoint where it has not ended. \
            Nothing on disk changes but the files that are asked for.

            A clip's views, and a video's clips, are averaged as probabilities. Several models are \
            scored each by itself and as an ensemble, the softmax of their mean logits; classes, \
            videos and the confusion matrix are the ensemble's.
            """)

    @Option(
        name: .customLong("run"), help: "The run's directory.", completion: .directory)
    var directory: String

    @Option(
        help: "The clip dataset (default: the one that the run was trained on).",
        completion: .datasets)
    var data: String?

    @Option(help: "Which split: train, val or test.", completion: .splits)
    var split = "val"

    @Option(
        help: """
            Views of each clip, windows in time x squares of the frame: 10x3. One is the middle; \
            several squares are as large as the frame's short side.
            """)
    var views = ViewGrid.single

    @Option(help: "Height and width of the crops (default: model.input.size).")
    var size: Int?

    @Option(
        name: .customLong("precise-bn"),
        help: """
            Recompute batch norm's running statistics from so many training clips before \
            scoring, rounded up to whole slots; at most an epoch.
            """)
    var preciseBN: Int?

    @Option(
        parsing: .singleValue,
        help: "Write the confusion matrix to FILE.svg or FILE.csv; may be repeated.",
        completion: .file(extensions: ["svg", "csv"]))
    var confusion: [String] = []

    @Option(help: "Write a row a video to FILE.csv.", completion: .file(extensions: ["csv"]))
    var perVideo: String?

    @OptionGroup var computing: ComputingThreads

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        try require(size.map { $0 >= 1 } ?? true, "--size takes 1 or more.")
        try require(preciseBN.map { $0 >= 1 } ?? true, "--precise-bn takes 1 or more.")
        try require(
            confusion.allSatisfy { ["svg", "csv"].contains(Self.ending(of: $0)) },
            "--confusion takes a name that ends in .svg or .csv.")
        try require(
            perVideo.map { Self.ending(of: $0) == "csv" } ?? true,
            "--per-video takes a name that ends in .csv.")
    }

    func run() throws {
        for path in confusion + [perVideo].compactMap(\.self) { try OutputFile.check(path) }
        let run = try SavedRun(at: directory)
        let dataset = try ClipDataset.ofRun(run.configuration, at: data)
        let split = try dataset.split(split)
        guard perVideo == nil || split.videoIDs != nil else {
            throw ValidationError(
                "--per-video needs to know the video of each clip, and \(dataset.path) has no "
                    + "/\(split.name)/video_id.")
        }
        let stored = min(split.height, split.width)
        guard size.map({ $0 <= stored }) ?? true else {
            throw ValidationError(
                "--size takes at most \(stored): \(split.name) of \(dataset.path) stores frames of "
                    + "\(split.width) x \(split.height).")
        }
        var configuration = run.configuration
        if let data { configuration.data.path = data }
        let evaluator = try Evaluator(
            configuration: configuration, checkpoint: run.checkpoint,
            threads: computing.threads,
            size: size)
        let precise = try recompute(evaluator, run, dataset)
        var progress = DatasetProgress()
        let report = try evaluator.evaluate(
            split, classNames: dataset.classNames, views: views
        ) { progress.show($0, of: split.count, "\($0) of \(split.count) clips") }
        progress.finish()
        try writeFiles(report, dataset)
        if json {
            try printJSON(run, dataset, report, precise)
        } else {
            print("\(directory) at step \(run.checkpoint.step) on \(split.name) of \(dataset.path)")
            if let precise { print("running statistics recomputed from \(precise) clips") }
            if views != .single { print("\(views) views of each clip") }
            print("")
            print(EvaluationTable(report: report).text)
        }
    }

    /// The clips that the running statistics come from; nil where they are left as they are.
    private func recompute(
        _ evaluator: Evaluator, _ run: SavedRun, _ dataset: ClipDataset
    ) throws -> Int? {
        guard let wanted = preciseBN else { return nil }
        let split = try dataset.split(run.configuration.data.trainSplit)
        let most = min(wanted, split.count)
        var progress = DatasetProgress()
        defer { progress.finish() }
        return try evaluator.recomputeStatistics(
            clips: wanted, from: split, of: try dataset.summary()
        ) { progress.show($0, of: most, "statistics of \($0) of \(most) clips") }
    }

    private func writeFiles(_ report: EvaluationReport, _ dataset: ClipDataset) throws {
        let several = report.models.count > 1 ? ", ensemble of \(report.models.count)" : ""
        let chart = report.confusion.chart(
            title: "Top-1 accuracy \(EvaluationTable.percent(report.ensemble.top1))",
            subtitle: "\(report.ensemble.count) clips of \(split), "
                + "\(URL(fileURLWithPath: dataset.path).lastPathComponent)"
                + (views == .single ? "" : ", \(views) views") + several)
        for path in confusion {
            let text = Self.ending(of: path) == "svg" ? chart.svg : report.confusion.table.text
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        if let perVideo, let videos = report.videos {
            try videos.table(classNames: dataset.classNames).text
                .write(toFile: perVideo, atomically: true, encoding: .utf8)
        }
    }

    private func printJSON(
        _ run: SavedRun, _ dataset: ClipDataset, _ report: EvaluationReport, _ precise: Int?
    ) throws {
        let output = EvaluationOutput(
            run: directory, step: run.checkpoint.step, data: dataset.path, split: split,
            views: views.description, size: size ?? run.configuration.model.input.size,
            preciseBnClips: precise, clips: report.ensemble.count, loss: report.ensemble.loss,
            top1: report.ensemble.top1, top5: report.ensemble.top5,
            models: report.models.map { EvaluationOutput.Score($0.name, $0.score) },
            classes: EvaluationOutput.classes(report.confusion),
            confusion: report.confusion.counts,
            videos: report.videos.map {
                EvaluationOutput.videos($0, classNames: dataset.classNames)
            },
            weightsSHA256: run.checkpoint.manifest.weightsSHA256)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Weights that broke yield losses that JSON has no numbers for.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        print(String(decoding: try encoder.encode(output), as: UTF8.self))
    }

    private static func ending(of path: String) -> String {
        (path as NSString).pathExtension.lowercased()
    }
}
