import ArgumentParser
import Foundation

/// How many threads a command computes with. Any number gives the same bits.
struct ComputingThreads: ParsableArguments {
    @Option(
        name: .customLong("threads"),
        help: ArgumentHelp(
            "Threads to compute with (default: all cores).", valueName: "threads"))
    var named: Int?

    var threads: Int { named ?? ProcessInfo.processInfo.activeProcessorCount }

    func validate() throws {
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads takes a number from 1 to 1024.")
        }
    }
}
