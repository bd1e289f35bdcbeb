import ArgumentParser
import Checkpoints
import ClipDatasets
import Configuration
import Coordinating
import Foundation
import Training

/// `coordinator predict`: what a run's weights see in videos.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Name the most probable classes of video files.",
        usage: "coordinator predict --run <run> <videos> ... [<options>]",
        discussion: """
            Example: coordinator predict --run runs/mine holiday.mp4 dog.mkv

            FFmpeg must be installed. Frames are scaled until their short side is that of the run's \
            clips, cropped square, and taken as far apart as there; the run remembers both from \
            its dataset. Probabilities are the mean over the views, of several models those of the \
            ensemble.

            A file that is no video is named, the others go on, and the exit status is 1.
            """)

    @Option(
        name: .customLong("run"), help: "The run's directory.", completion: .directory)
    var directory: String

    @Argument(help: "The videos.", completion: .file())
    var videos: [String]

    @Option(
        help: """
            Views of each video, windows spread over its length x squares of the frame: 10x3.
            """)
    var views = ViewGrid(temporal: 10, spatial: 1)

    @Option(help: "How many classes to name.")
    var top = 5

    @Option(
        help: "Frames of a video from one to the next, as of dataset pack (default: the run's).")
    var stride: Int?

    @Option(help: "Height and width of frames, as of dataset pack (default: the run's).")
    var size: Int?

    @Option(
        help: "The clip dataset that classes and sizes are taken from (default: the run's).",
        completion: .datasets)
    var data: String?

    @OptionGroup var computing: ComputingThreads

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        try require(top >= 1, "--top takes 1 or more.")
        try require(stride.map { (1...1000).contains($0) } ?? true, "--stride takes 1 to 1000.")
        try require(size.map { (8...4096).contains($0) } ?? true, "--size takes 8 to 4096.")
    }

    func run() throws {
        let run = try SavedRun(at: directory)
        let clips = try clips(of: run)
        let evaluator = try Evaluator(
            configuration: run.configuration, checkpoint: run.checkpoint, threads: computing.threads
        )
        var results: [VideoPrediction] = []
        for (index, path) in videos.enumerated() {
            let result: VideoPrediction
            do {
                result = try predict(path, run.configuration, clips, evaluator)
            } catch let error as VideoError {
                // Without the program no other video can be read either.
                if case .programMissing = error { throw error }
                FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
                result = VideoPrediction(video: path, error: error.description)
            }
            results.append(result)
            if !json, result.error == nil {
                if index > 0 { print("") }
                print(result.text)
            }
        }
        if json { try printJSON(run, results) }
        if results.contains(where: { $0.error != nil }) { throw ExitCode(1) }
    }

    private func predict(
        _ path: String, _ configuration: RunConfiguration, _ clips: DatasetRecord,
        _ evaluator: Evaluator
    ) throws -> VideoPrediction {
        let windows = try VideoWindows(
            of: path, count: views.temporal, length: configuration.model.input.frames,
            stride: (stride ?? clips.frameStride ?? 1) * configuration.data.stride,
            size: size ?? min(clips.height, clips.width))
        let prediction = try evaluator.predict(windows.clips, spatialViews: views.spatial)
        let distribution = prediction.ensemble
        guard !distribution.ranking.isEmpty else {
            throw RunFailure(
                description:
                    "\(directory): the weights of step \(evaluator.step) yield no numbers; "
                    + "the training broke, choose a lower train.optimizer.rate")
        }
        return VideoPrediction(
            video: path, frames: windows.frames, views: windows.clips.count * views.spatial,
            classes: distribution.ranking.prefix(top).map { index in
                VideoPrediction.Class(
                    name: clips.classNames[index],
                    probability: distribution.probability(of: index))
            })
    }

    /// What the clips are that the run was trained on.
    private func clips(of run: SavedRun) throws -> DatasetRecord {
        if data == nil, let known = run.dataset { return known }
        let dataset = try ClipDataset.ofRun(run.configuration, at: data)
        let split = try dataset.split(run.configuration.data.trainSplit)
        let classes = run.configuration.model.classes
        guard dataset.classNames.count == classes else {
            throw RunFailure(
                description: "\(dataset.path): there are \(dataset.classNames.count) classes, and "
                    + "the run was trained on \(classes); name the right file with --data")
        }
        return DatasetRecord(
            classNames: dataset.classNames, frames: split.frames, height: split.height,
            width: split.width, frameStride: dataset.frameStride)
    }

    private func printJSON(_ run: SavedRun, _ results: [VideoPrediction]) throws {
        struct Output: Encodable {
            let run: String
            let step: Int
            let weightsSHA256: String
            let videos: [VideoPrediction]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let output = Output(
            run: directory, step: run.checkpoint.step,
            weightsSHA256: run.checkpoint.manifest.weightsSHA256, videos: results)
        print(String(decoding: try encoder.encode(output), as: UTF8.self))
    }
}
