import ArgumentParser
import Checkpoints
import Configuration
import Foundation
import Interchange
import Models
import Networks
import Training

extension WeightNames: ExpressibleByArgument {}

/// `coordinator export`: a run's weights under the names of another program.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the weights of a run as safetensors, under other programs' names.",
        usage: "coordinator export --run <run> <output> [<options>]",
        discussion: """
            Examples:
              coordinator export --run runs/mine weights.safetensors
              coordinator export --run runs/mine --names torchvision r18.safetensors
              coordinator export --run runs/paper --names pytorchvideo sf.safetensors

            Takes the run's final weights, or those of its newest checkpoint where it has not ended; their moving \
            average where it keeps one (train.ema).

            The names:
              lockstep      our own
              torchvision   its ResNet without fc: the slow branch of a slowfast-lstm
              pyslowfast    the model_state of PySlowFast: kind slowfast
              pytorchvideo  create_slowfast: kind slowfast
            """)

    @Option(
        name: .customLong("run"), help: "The run's directory.", completion: .directory)
    var directory: String

    @Option(help: "Whose names.")
    var names = WeightNames.lockstep

    @Option(help: "Which model's slow branch torchvision's names are given to, from 0 on.")
    var model = 0

    @Flag(help: "Write shared weights as each convolution's own (always so but for lockstep).")
    var materialize = false

    @Flag(help: "Replace the file where it exists.")
    var force = false

    @Argument(help: "The safetensors file to write.", completion: .weights)
    var output: String

    func run() throws {
        guard force || !FileManager.default.fileExists(atPath: output) else {
            throw RunFailure(description: "\(output) exists; name another file, or add --force")
        }
        try OutputFile.check(output)
        let run = try SavedRun(at: directory)
        let network = try Network(run.configuration)
        let storage = try TrainingState.scoredParameters(of: run.checkpoint, run.configuration)
        let export = try WeightExport(
            network, storage, of: run.configuration.model, names: names, model: model,
            materialize: materialize, steps: run.checkpoint.step)
        try SafetensorsFile.write(
            export.tensors,
            metadata: [
                "format": "pt", "names": names.rawValue, "step": "\(run.checkpoint.step)",
            ], to: output)
        print(
            "\(export.tensors.count) tensors of step \(run.checkpoint.step) written to \(output) "
                + "(\(names.rawValue)'s names)")
        if run.configuration.train.ema > 0 {
            print("trained weights are their moving average (train.ema)")
        }
        if !export.leftOut.isEmpty {
            print("left out: \(export.layersLeftOut.joined(separator: ", "))")
        }
        if names == .torchvision { print("the ResNet has no fc: load it where that is left out") }
    }
}
