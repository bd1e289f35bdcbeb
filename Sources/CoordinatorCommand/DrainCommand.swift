import ArgumentParser
import Coordinating
import TrainingProtocol

/// `coordinator drain`: lets a worker of a run go.
struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let a worker go at the end of the step under way; the run goes on without it.",
        discussion: """
            Example: coordinator drain 3 --run runs/mine

            Workers have the numbers that the run's output gives them. The last worker hands over the state first.
            """)

    @Argument(help: "The worker's number.")
    var worker: UInt64

    @OptionGroup var selection: RunSelection

    func run() throws {
        let answer = try selection.request().drain(WorkerID(worker))
        guard answer.isAccepted else { throw RunFailure(description: answer.text) }
        print(answer.text)
    }
}
