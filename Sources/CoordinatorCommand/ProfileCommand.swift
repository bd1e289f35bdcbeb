import ArgumentParser
import Configuration
import Foundation
import Profiling

/// `coordinator profile`: where the time of a training step goes on this machine.
struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Show where a training step's time goes on this machine.",
        usage: "coordinator profile --config <config> [<options>]",
        discussion: """
            Examples:
              coordinator profile --config configs/seed.yaml --trace step.json
              coordinator profile --config configs/seed.yaml --kernels

            Makes steps of a worker with one slot, on random clips: no dataset is needed. Every \
            operation is set beside the machine's limit, measured in turn with the steps: matrix \
            products where arithmetic takes longer, a copy between memory and memory where bytes \
            do. Its rates, forward and backward, have the limit's unit. Where caches spare the \
            memory, or a convolution takes fewer products than its definition, more than 100 % is \
            possible. Reading clips and exchanging gradients are not part of it.
            """)

    /// Operations that are listed without `--all`.
    private static let listed = 25

    @Option(help: "Configuration file of a run.", completion: .configurations)
    var config: String

    @Option(name: .customLong("set"), help: "Override a key: train.batch=16. May be repeated.")
    var overrides: [String] = []

    @OptionGroup var computing: ComputingThreads

    @Option(help: "Steps to time, after two that warm up.")
    var steps = 10

    @Option(
        help: "Write the last step as a trace for Perfetto or Chrome to this file.",
        completion: .file(extensions: ["json"]))
    var trace: String?

    @Flag(help: "List every operation, not only the dearest.")
    var all = false

    @Flag(
        help: """
            Show kernels instead of operations, as a Markdown table; with the sums and hashes of \
            whole gradients, which a worker makes beside a step.
            """)
    var kernels = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try require((1...10_000).contains(steps), "--steps takes a number from 1 to 10000.")
    }

    func run() throws {
        if let trace { try OutputFile.check(trace) }
        let run = try RunConfiguration(contentsOf: config, overrides: overrides)
        let profiler = try StepProfiler(run, threads: computing.threads)
        var progress = DatasetProgress()
        let warmups = 2
        let total = warmups + steps
        let (profile, last) = profiler.profile(steps: steps, warmups: warmups) {
            progress.show($0, of: total, "step \($0) of \(total)")
        }
        progress.finish()
        if let trace {
            let text = try StepTrace(last, costs: profiler.costs, name: run.name).json()
            do {
                try text.write(toFile: trace, atomically: true, encoding: .utf8)
            } catch {
                throw RunFailure(
                    description: "cannot write \(trace): \(error.localizedDescription)")
            }
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            print(String(decoding: try encoder.encode(profile), as: UTF8.self))
        } else if kernels {
            print(KernelTable(profile).text)
        } else {
            print(ProfileTable(profile, listed: all ? .max : Self.listed).text)
        }
    }
}
