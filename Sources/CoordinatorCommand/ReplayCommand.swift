import ArgumentParser
import Coordinating
import Foundation
import TrainingProtocol

/// `coordinator replay`: computes a step again and compares it with the journal.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract:
            "Compute a step again on this machine, and compare it with the journal bit for bit.",
        discussion: """
            Example: coordinator replay --run runs/mine --step 1200

            Begins at the newest saved state before the step, or at the seed. Exit status: 0 equal, 1 not.
            """)

    @Option(name: .customLong("run"), help: "The run's directory.")
    var directory: String

    @Option(help: "The step.")
    var step: UInt64

    @Option(help: "Threads to compute with (default: all cores).")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        guard step >= 1, threads >= 1 else {
            throw ValidationError("--step and --threads take 1 or more.")
        }
    }

    func run() throws {
        let replay = try StepReplay(ofRunAt: directory, step: Step(step), threads: threads)
        print("from the state of step \(replay.start)")
        let last = try replay.run(to: Step(step)) { outcome in
            let verdict =
                outcome.isEqual ? "equal to the journal's" : "the journal has \(outcome.committed)"
            print("step \(outcome.step)  \(outcome.digest)  \(verdict)")
        }
        guard last.isEqual else {
            throw RunFailure(
                description:
                    "step \(last.step) comes out otherwise here: one of the machines computes "
                    + "wrongly, or the programs differ in a way that the numerics profile does not tell"
            )
        }
    }
}
