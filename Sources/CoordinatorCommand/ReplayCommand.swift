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
        usage: "coordinator replay --run <run> --step <step> [<options>]",
        discussion: """
            Example: coordinator replay --run runs/mine --step 1200

            Begins at the newest saved state before the step, or at the seed. Exit status: 0 equal, 1 not.
            """)

    @Option(
        name: .customLong("run"), help: "The run's directory.", completion: .directory)
    var directory: String

    @Option(help: "The step.")
    var step: UInt64

    @Option(help: "The clip dataset, where it is not where it was.", completion: .datasets)
    var data: String?

    @OptionGroup var computing: ComputingThreads

    func validate() throws {
        guard step >= 1 else { throw ValidationError("--step takes 1 or more.") }
    }

    private func beginning(_ start: Step) -> String {
        let count = step - start.rawValue
        let steps = count == 1 ? "1 step" : "\(count) steps"
        let place =
            start == Step(0)
            ? "the beginning, no state is saved before it" : "the state of step \(start)"
        return "computes \(steps) from \(place)"
    }

    func run() throws {
        let replay = try StepReplay(
            ofRunAt: directory, step: Step(step), threads: computing.threads, data: data)
        print(beginning(replay.start))
        // The first step may take a while.
        fflush(nil)
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
