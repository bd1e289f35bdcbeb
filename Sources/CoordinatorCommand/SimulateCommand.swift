import ArgumentParser
import Foundation
import Simulation

/// `coordinator simulate`: runs the protocol's state machines through disturbed runs that never happened.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Try the protocol against crashes, losses, partitions and bad disks, on a virtual clock.",
        usage: "coordinator simulate --seeds <a..b> [<options>]",
        discussion: """
            Examples:
              coordinator simulate --seeds 1..1000
              coordinator simulate --seeds 77 --history

            The state machines are those of real runs; clock, network, disk and arithmetic are virtual. A seed that \
            fails is told with the command that shows its history. Exit status: 0 all are sound, 1 some are not.
            """)

    @Option(help: ArgumentHelp("Seeds to run: N, or A..B.", valueName: "a..b"))
    var seeds: String

    @Option(help: "Workers of every run, instead of a number drawn from its seed.")
    var workers: Int?

    @Flag(help: "Show what happens, event by event.")
    var history = false

    @Flag(help: "Print a summary as JSON.")
    var json = false

    func validate() throws {
        guard range != nil else {
            throw ValidationError("--seeds takes a number, or two as 1..1000.")
        }
        guard workers.map({ (1...100).contains($0) }) ?? true else {
            throw ValidationError("--workers takes 1 to 100.")
        }
    }

    private var range: ClosedRange<UInt64>? {
        let ends = seeds.components(separatedBy: "..").map { UInt64($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
            first <= last
        else { return nil }
        return first...last
    }

    func run() async throws {
        guard let range else { return }
        let start = ContinuousClock.now
        let cores = UInt64(ProcessInfo.processInfo.activeProcessorCount)
        let results = await withTaskGroup(of: SimulationSummary.self) { group in
            for first in 0..<min(cores, UInt64(range.count)) {
                group.addTask { [workers, history] in
                    var summary = SimulationSummary()
                    // Dealt in turn: neighbouring seeds are no more alike than others.
                    for seed in stride(
                        from: range.lowerBound + first, through: range.upperBound, by: Int(cores))
                    {
                        summary.add(seed: seed, workers: workers, showing: history)
                    }
                    return summary
                }
            }
            return await group.reduce(into: SimulationSummary()) { $0.merge($1) }
        }
        let elapsed = ContinuousClock.now - start
        print(json ? try results.json(elapsed) : results.text(elapsed, workers: workers))
        if !results.failures.isEmpty { throw ExitCode(1) }
    }
}
