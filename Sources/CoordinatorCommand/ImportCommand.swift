import ArgumentParser
import Checkpoints
import Configuration
import Foundation
import Interchange
import Models
import Networks
import Training

/// `coordinator import`: weights of a file in a model of a configuration.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take weights from a safetensors file into a configuration's model.",
        usage: "coordinator import <input> --config <config> --out <out> [<options>]",
        discussion: """
            Examples:
              coordinator import r50.safetensors --config F --data clips.h5 --out runs/new
              coordinator import slowfast.safetensors --config F --out own.safetensors

            Whose names they are is seen from the file: our own, or those of torchvision's ResNet, PySlowFast or \
            PyTorchVideo. What the file does not have is drawn from the configuration's seed. Says what was taken \
            and what was not.

            --out DIR makes a run that has not begun: evaluate it, export it, or start it with --run DIR. --out \
            FILE.safetensors writes the whole model under our own names.
            """)

    @Argument(help: "The safetensors file, or a run's directory.", completion: .weights)
    var input: String

    @Option(help: "The configuration of the model, a YAML file.", completion: .configurations)
    var config: String

    @Option(
        help: "The clip dataset of the run, instead of the configuration's data.path.",
        completion: .datasets)
    var data: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: "Override a key of the configuration: model.classes=7. May be repeated.")
    var overrides: [String] = []

    @Option(
        name: .customLong("out"), help: "A new run directory, or a .safetensors file.",
        completion: .weights)
    var output: String

    func run() throws {
        var configuration = try RunConfiguration(contentsOf: config, overrides: overrides)
        // Absolute, for a run may be started from another working directory.
        configuration.data.path =
            URL(fileURLWithPath: data ?? configuration.data.path).path
        configuration.train.from = URL(fileURLWithPath: input).path
        let weights = try FirstWeights(at: input)
        let (parameters, report) = try weights.parameters(of: configuration)
        configuration.train.fromSHA256 = weights.sha256
        if output.hasSuffix(".safetensors") {
            let export = try WeightExport(
                Network(configuration), parameters, of: configuration.model, names: .lockstep,
                model: 0, materialize: false, steps: 0)
            try SafetensorsFile.write(export.tensors, to: output)
        } else {
            try save(parameters, as: configuration)
        }
        for line in report.lines { print(line) }
        print("written to \(output)")
    }

    /// A run directory with its state of step 0.
    private func save(_ parameters: ParameterStorage, as configuration: RunConfiguration) throws {
        let state = TrainingState(
            layout: try TrainingState.Layout(configuration), first: parameters)
        let directory = try RunDirectory.create(at: output, configuration: configuration)
        _ = try directory.checkpoints.save(
            CheckpointContents(
                step: 0, epoch: 0, configDigest: configuration.digest, datasetDigest: "",
                numerics: [:], model: state.modelTensors, optimizer: state.optimizerTensors),
            keep: configuration.train.keepCheckpoints)
    }
}
